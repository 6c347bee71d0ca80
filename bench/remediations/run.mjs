/**
 * Published CloudFormation remediations beside ours: npm run bench:remediations -- [--write] CHECKOUT… [ID…], with checkouts
 * of those that sources.mjs knows. Nothing of theirs is kept here. Prints tables in Markdown, which --write puts into
 * the README beside; `npm run build` first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';
import { plan, remediations } from '../../dist/index.js';
import { parseCases } from '../../dist/testing.js';
import { sources } from './sources.mjs';

const words = process.argv.slice(2).filter((word) => word !== '--write');
const isWritten = process.argv.includes('--write');
const ids = words.filter((word) => remediations.some(({ id }) => id === word));
const checkouts = words.filter((word) => !ids.includes(word)).map((checkout) => {
  const source = sources.find(({ lies }) => existsSync(join(checkout, lies)));
  if (source === undefined) throw new Error(`${checkout} is no checkout of ${sources.map(({ name }) => name).join(', ')}`);
  return { source, folder: join(checkout, source.lies), release: headOf(checkout) };
});
if (checkouts.length === 0) throw new Error(`name checkouts of ${sources.map(({ name }) => name).join(', ')}`);
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

const tables = checkouts.map((checkout) => ({ ...checkout, rows: [] }));
for (const { id, equivalents } of remediations) {
  if (ids.length > 0 && !ids.includes(id)) continue;
  const own = await ours(id);
  for (const { source, folder: from, rows } of tables) {
    for (const check of equivalents[source.ids] ?? [])
      rows.push({ id, check, theirs: await theirs(source.snippet(from, check), check, id, own?.policy), ours: own });
  }
}
const lint = lintErrors(tables.flatMap(({ rows }) => rows.flatMap(({ theirs, ours }) => [theirs?.path, ours?.path, ours?.before])));
const text = tables.map(tableOf).join('\n\n');
console.log(text);
if (isWritten) {
  const page = join(import.meta.dirname, 'README.md');
  const [before] = readFileSync(page, 'utf8').split(/(?<=<!-- measured -->\n)/);
  writeFileSync(page, `${before}${text}\n`);
}
rmSync(folder, { recursive: true });

/** The commit of a checkout, where git knows it. */
function headOf(checkout) {
  const { stdout } = spawnSync('git', ['-C', checkout, 'rev-parse', '--short=10', 'HEAD'], { encoding: 'utf8' });
  return stdout.trim() || 'an unknown commit';
}

/**
 * What cfn-lint says would fail when the template is deployed as it is, by file; undefined where it is not installed. What
 * is said of a made-up value of ours does not count.
 */
function lintErrors(paths) {
  const beside = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'cfn-lint');
  const program = existsSync(beside) ? beside : 'cfn-lint';
  const files = [...new Set(paths.filter((path) => path !== undefined))];
  const options = ['--format', 'json', '--regions', 'us-east-1', '--ignore-checks', 'W', 'I', '--'];
  const { stdout, error } = spawnSync(program, [...options, ...files], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error !== undefined) return undefined;
  const byFile = new Map(files.map((file) => [file, []]));
  for (const { Filename, Rule, Location, Message } of JSON.parse(stdout))
    if (!Message.startsWith(`'${anything}'`)) byFile.get(Filename)?.push(`${Rule.Id} ${(Location.Path ?? []).slice(2).join('/')}`);
  return byFile;
}

/** Placeholders get values of the form that their names ask for; where a name does not say, any. */
async function theirs(snippet, check, id, policy = 'production') {
  if (!snippet?.includes('Resources')) return undefined;
  const placeholders = new Set(snippet.match(/<[\w .-]+>/g) ?? []);
  const path = join(folder, `${check}.${snippet.trimStart().startsWith('{') ? 'json' : 'yaml'}`);
  writeFileSync(path, snippet.replaceAll(/<([\w .-]+)>/g, (_, name) => valueOf(name)));
  const { findings } = await judged(path, id, policy).catch((error) => ({
    findings: [{ verdict: 'unknown', because: `it cannot be read: ${error.message}` }],
  }));
  const open = findings.find(({ verdict }) => ['fixable', 'manual', 'unknown'].includes(verdict));
  const passes = findings.some(({ verdict }) => verdict === 'compliant');
  return {
    path,
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
      path: at(`patched-${name}`),
      before: at(name),
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

/** Whether cfn-lint takes a template: of a patch of ours, errors that it brings. */
function deployability(side) {
  if (lint === undefined) return 'not checked';
  const known = new Set(side.before === undefined ? [] : lint.get(side.before));
  const errors = (lint.get(side.path) ?? []).filter((error) => !known.has(error));
  return errors.length === 0 ? 'yes' : `no: ${errors[0]}`;
}

function tableOf({ source, release, rows: all }) {
  const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const told = (side) =>
    side === undefined
      ? ['none', '', '', '']
      : [validity(side.shape), deployability(side), side.open === undefined ? 'yes' : `no: ${side.open.slice(0, 90)}`, side.toFill];
  const heads = [`check of ${source.name}`, 'valid', 'deployable by cfn-lint', 'passes our policy', 'to fill in'];
  const ownHeads = ['ours', 'valid', 'deployable by cfn-lint', 'closes what it fixes', 'prerequisites'];
  const sides = ['theirs', 'ours'].map((side) => {
    const there = all.map((row) => row[side]).filter((each) => each !== undefined);
    const kinds = there.map(({ shape }) => validity(shape).split(':')[0]);
    const count = (kind) => kinds.filter((each) => each === kind).length;
    const deployable = lint === undefined ? '' : ` ${there.filter((each) => deployability(each) === 'yes').length} deployable by cfn-lint;`;
    return `${side}: ${there.length}, of which ${count('yes')} valid, ${count('a fragment')} fragments, ${count('refused')} refused;${deployable} ${there.filter(({ open }) => open === undefined).length} close`;
  });
  return [
    `${source.name} at ${release}:\n`,
    `| ${[...heads, ...ownHeads].join(' | ')} |`,
    `|${'---|'.repeat(heads.length + ownHeads.length)}`,
    ...all.map(({ id, check, theirs, ours }) => `| ${[check, ...told(theirs), id, ...told(ours)].map(cell).join(' | ')} |`),
    `\n${sides.join('. ')}.`,
  ].join('\n');
}
