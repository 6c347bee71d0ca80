import type { Remediation } from '../contract/remediation.js';
import { IdpFixError } from '../errors.js';
import { shellWord, terminalLine } from '../escape.js';
import { type PlannedRoot, planRoots } from '../plan-roots.js';
import { closest } from '../policy/problems.js';
import { settingsOf } from '../policy/settings.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { findingPage, remediationPage } from '../report/finding-page.js';
import { groupByRemediation, type PlacedFinding } from '../report/group.js';
import { type Paint, paint } from '../report/paint.js';
import { fold } from '../report/remediation-lines.js';
import { type FindingStatus, nameOfStatus, openStatuses } from '../report/report.js';
import { count, hang } from '../report/words.js';
import { findRemediation } from './common-options.js';
import { readParameters } from './parameters.js';
import type { ExplainRequest } from './request.js';
import { showError } from './show-error.js';

/** `idp-fix explain [ID] [TEMPLATE…]`. @returns the exit code */
export async function explainCommand(
  request: ExplainRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  const { columns, color } = ports.output.dataTerminal;
  const page: Page = { brush: paint(color && !request.plain), columns, verbose: request.verbose };
  if (request.id === undefined) {
    ports.output.data(printed(listOf(product.remediations, page)));
    return 0;
  }
  const remediation = findRemediation(request.id, product.remediations);
  if (request.templates.length === 0) {
    ports.output.data(printed(remediationPage(remediation, page.brush, columns)));
    return 0;
  }
  return explainFindings(remediation, request, page, ports, product);
}

interface Page {
  readonly brush: Paint;
  readonly columns: number;
  readonly verbose: boolean;
}

interface FoundHere {
  readonly root: PlannedRoot;
  readonly status: FindingStatus;
  readonly finding: PlacedFinding;
}

async function explainFindings(
  remediation: Remediation,
  request: ExplainRequest,
  page: Page,
  ports: Ports,
  product: Product,
): Promise<number> {
  const { roots, failures } = await planRoots(
    {
      templates: request.templates,
      policy: request.policy,
      parameters: await readParameters(ports.files, request.parameters),
      allowOutside: request.allowOutside,
      withoutCode: request.withoutCode,
      plan: {},
    },
    ports,
    product,
  );
  const { noteTerminal } = ports.output;
  for (const failure of failures) {
    ports.output.note(showError(failure, paint(noteTerminal.color && !request.plain)));
  }
  const [failure] = failures;
  if (failure !== undefined) return failure.exitCode;
  const found = roots.flatMap((root) => findingsIn(root, remediation));
  const asked = request.finding === undefined ? undefined : chosen(found, request.finding, remediation.id);
  const pages =
    asked === undefined
      ? [overview(remediation, found, request, page)]
      : asked.map((each) => pageOf(each, remediation, page));
  ports.output.data(pages.map(printed).join('\n'));
  return 0;
}

function findingsIn(root: PlannedRoot, remediation: Remediation): readonly FoundHere[] {
  const { includeReview, rootPath } = root;
  const groups = groupByRemediation(root.result.document, {
    remediations: [remediation],
    includeReview,
    root: rootPath,
  });
  return groups.flatMap(({ findings }) =>
    (Object.entries(findings) as [FindingStatus, readonly PlacedFinding[]][]).flatMap(([status, ofStatus]) =>
      ofStatus.map((finding) => ({ root, status, finding })),
    ),
  );
}

/** By logical id or fingerprint; by its path for a finding about a whole template. @throws IdpFixError `usage` */
function chosen(found: readonly FoundHere[], wanted: string, id: string): readonly FoundHere[] {
  const nameOf = ({ finding: { logicalId, template } }: FoundHere) => logicalId || template;
  const matching = found.filter((each) => nameOf(each) === wanted || each.finding.fingerprint === wanted);
  if (matching.length > 0) return matching;
  const names = [...new Set(found.map(nameOf))];
  const near = closest(wanted, names);
  throw new IdpFixError('usage', `${id} has looked at nothing called ${wanted} here`, {
    hint: near === undefined ? 'without --finding it lists what it has looked at' : `did you mean ${near}?`,
  });
}

function pageOf(
  { root, status, finding }: FoundHere,
  remediation: Remediation,
  page: Page,
): readonly string[] {
  const { document } = root.result;
  const stack = document.stacks.find(({ template }) => template === finding.template);
  if (stack === undefined) throw new Error(`${finding.template} is no template of its own plan`);
  const edits = root.result.editsOf(finding);
  const settings = settingsOf(root.policy, remediation.id);
  return findingPage({ finding, status, remediation, stack, edits, settings }, page.brush, page.columns);
}

const listedStatuses: readonly FindingStatus[] = [...openStatuses, 'accepted', 'not-applicable', 'compliant'];

/** What it has found in these templates, each with the name to ask for it by. */
function overview(
  { id, title, guideRisk }: Remediation,
  found: readonly FoundHere[],
  { templates }: ExplainRequest,
  page: Page,
): readonly string[] {
  const { brush, columns } = page;
  const lines = [brush.bold(brush.cyan(id)), ...hang(`${title} (${guideRisk} risk)`, 2, 2, columns)];
  if (found.length === 0) return [...lines, '', '  It has nothing to look at in these templates.'];
  for (const status of listedStatuses) {
    const ofStatus = found.filter((each) => each.status === status);
    if (ofStatus.length === 0) continue;
    lines.push('', `  ${brush.bold(`${nameOfStatus(status)}: ${ofStatus.length}`)}`);
    lines.push(
      ...fold(ofStatus, page, ({ finding: { logicalId, template, path, line, because } }) =>
        hang(terminalLine(`${logicalId || template} ${path}:${line}: ${because}`), 4, 8, columns),
      ),
    );
  }
  const [{ finding: first }] = found as readonly [FoundHere];
  const example = `idp-fix explain ${id} ${templates.map(shellWord).join(' ')} --finding ${shellWord(first.logicalId || first.template)}`;
  return [...lines, '', `  All about one of them: ${example}`];
}

function listOf(remediations: readonly Remediation[], { brush, columns }: Page): readonly string[] {
  const width = Math.max(...remediations.map(({ id }) => id.length));
  const lines = remediations.flatMap(({ id, title, guideRisk }) => {
    const [first = '', ...rest] = hang(`${title} (${guideRisk} risk)`, width + 4, width + 4, columns);
    return [`  ${brush.cyan(id.padEnd(width))}${first.slice(width + 2)}`, ...rest];
  });
  return [`${count(remediations.length, 'remediation')}; idp-fix explain ID has all about one`, '', ...lines];
}

function printed(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
