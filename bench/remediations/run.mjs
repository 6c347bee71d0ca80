/**
 * Published CloudFormation remediations beside ours: npm run bench:remediations -- CHECKOUT [ID…], with a checkout of Prowler,
 * which publishes one for most of its checks. Nothing of it is kept here. Prints a table in Markdown; `npm run build` first.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';
import { plan, remediations } from '../../dist/index.js';
import { parseCases } from '../../dist/testing.js';

const [checkout = '', ...ids] = process.argv.slice(2);
const services = join(checkout, 'prowler', 'providers', 'aws', 'services');
if (!existsSync(services)) throw new Error(`there is no ${services}: name a checkout of Prowler`);
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-published-'));

/** What CloudFormation refuses whatever the values are: unknown types and properties, missing ones, wrong shapes. */
const shapeRules = /^[EF]3(?:001|002|003|006|012)$/;
const engine = new CelEngine();
/** In the place of a placeholder whose name does not say what it is. */
const anything = 'Example';

function shapeErrors(path) {
  const { diagnostics } = engine.validateStandard(new TemplateFile(path), { severityLevel: 'WARN' });
  const all = diagnostics
    .filter(({ ruleId, message }) => (shapeRules.test(ruleId) || /^F1/.test(ruleId)) && !message.startsWith(`'${anything}'`))
    .map(({ ruleId, propertyPath, message }) => `${ruleId} ${propertyPath ?? ''} ${message}`.replaceAll('\n', ' '));
  return [...new Set(all)];
}

/** Our own judgment of a template, for one remediation. */
async function judged(path, id, policy) {
  const asked = { policy, only: [id], includeReview: true, today: '2026-01-01' };
  const { roots, failures } = await plan(path, asked);
  if (failures.length > 0) throw failures[0];
  const { document, files } = roots[0].result;
  const findings = document.stacks.flatMap((stack) => stack.findings);
  return { findings, files, patches: document.stacks.flatMap((stack) => stack.patches) };
}

const rows = [];
for (const { id, equivalents } of remediations) {
  if (ids.length > 0 && !ids.includes(id)) continue;
  const own = await ours(id);
  for (const check of equivalents.prowler ?? []) rows.push({ id, check, theirs: await theirs(check, id, own?.policy), ours: own });
}
print(rows);
rmSync(folder, { recursive: true });

/** Placeholders get values of the form that their names ask for; where a name does not say, any. */
async function theirs(check, id, policy = 'production') {
  const service = readdirSync(services).find((name) => existsSync(join(services, name, check)));
  if (service === undefined) return undefined;
  const metadata = JSON.parse(readFileSync(join(services, service, check, `${check}.metadata.json`), 'utf8'));
  const published = metadata.Remediation.Code.NativeIaC;
  const snippet = /```(?:ya?ml|json)?\n([\s\S]*?)```/.exec(published)?.[1] ?? '';
  if (!snippet.includes('Resources')) return undefined;
  const placeholders = new Set(snippet.match(/<[\w .-]+>/g) ?? []);
  const path = join(folder, `${check}.yaml`);
  writeFileSync(path, snippet.replaceAll(/<([\w .-]+)>/g, (_, name) => valueOf(name)));
  const { findings } = await judged(path, id, policy);
  const open = findings.find(({ verdict }) => ['fixable', 'manual', 'unknown'].includes(verdict));
  const passes = findings.some(({ verdict }) => verdict === 'compliant');
  return {
    toFill: placeholders.size,
    shape: shapeErrors(path),
    open: open?.because ?? (passes ? undefined : 'it says nothing about what is asked'),
  };
}

function valueOf(name) {
  const account = '111122223333';
  if (/region/i.test(name)) return 'us-east-1';
  if (/account/i.test(name)) return account;
  if (/key.?id/i.test(name)) return '1234abcd-12ab-34cd-56ef-1234567890ab';
  if (/role.*arn/i.test(name)) return `arn:aws:iam::${account}:role/example`;
  if (/(?:sqs|queue).*arn/i.test(name)) return `arn:aws:sqs:us-east-1:${account}:example`;
  if (/(?:sns|topic).*arn/i.test(name)) return `arn:aws:sns:us-east-1:${account}:example`;
  if (/kms.*arn/i.test(name)) return `arn:aws:kms:us-east-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  return anything;
}

/** Our patch for the first case of a remediation that has one, and what is judged of what it fixes afterwards. */
async function ours(id) {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'remediations', id, 'cases.md'), 'utf8');
  for (const [index, { policy: asked, templates }] of parseCases(text).cases.entries()) {
    const at = (name) => join(folder, `${id}-${index}-${name.replaceAll('/', '-')}`);
    const [[name, template] = [], ...others] = Object.entries(templates);
    // A tree of templates has more than one file to compare.
    if (name === undefined || others.length > 0) continue;
    writeFileSync(at(name), template);
    if (asked !== '') writeFileSync(at('idp-fix.policy.yaml'), asked);
    const policy = asked === '' ? 'production' : at('idp-fix.policy.yaml');
    const { findings, files, patches } = await judged(at(name), id, policy);
    if (files[0]?.changed !== true) continue;
    const fixed = findings.filter(({ verdict }) => verdict === 'fixable').map(({ logicalId }) => logicalId);
    const known = new Set(shapeErrors(at(name)));
    writeFileSync(at(`patched-${name}`), files[0].text);
    const after = (await judged(at(`patched-${name}`), id, policy)).findings;
    const open = after.find(({ verdict, logicalId }) => ['fixable', 'manual', 'unknown'].includes(verdict) && fixed.includes(logicalId));
    return {
      policy,
      toFill: patches.flatMap(({ prerequisites }) => prerequisites).length,
      shape: shapeErrors(at(`patched-${name}`)).filter((error) => !known.has(error)),
      open: open?.because,
    };
  }
  return undefined;
}

/** What a template lacks is what a fragment leaves to its reader; what it has and CloudFormation refuses is a defect. */
function validity(shape) {
  if (shape.length === 0) return 'yes';
  const refused = shape.filter((error) => !/ is a required property$/.test(error));
  return refused.length > 0 ? `refused: ${placeOf(refused[0])}` : `a fragment: ${shape[0].slice(6)}`;
}

/** Rule and property, without what the message quotes. */
function placeOf(error) {
  return error.split(' ').slice(0, 2).join(' ');
}

function print(all) {
  const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const told = (side) =>
    side === undefined ? ['none', '', ''] : [validity(side.shape), side.open === undefined ? 'yes' : `no: ${side.open.slice(0, 90)}`, side.toFill];
  console.log('| check of Prowler | valid | passes our policy | to fill in | ours | valid | closes what it fixes | prerequisites |\n|---|---|---|---|---|---|---|---|');
  for (const { id, check, theirs, ours } of all) {
    console.log(`| ${[check, ...told(theirs), id, ...told(ours)].map(cell).join(' | ')} |`);
  }
  const sides = ['theirs', 'ours'].map((side) => {
    const there = all.map((row) => row[side]).filter((each) => each !== undefined);
    const kinds = there.map(({ shape }) => validity(shape).split(':')[0]);
    const count = (kind) => kinds.filter((each) => each === kind).length;
    return `${side}: ${there.length}, of which ${count('yes')} valid, ${count('a fragment')} fragments, ${count('refused')} refused; ${there.filter(({ open }) => open === undefined).length} close`;
  });
  console.log(`\n${sides.join('. ')}.`);
}
