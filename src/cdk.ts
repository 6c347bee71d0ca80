/**
 * `idp-fix/cdk`: a validation plug-in of the AWS CDK, which puts findings on the construct they are about at synth. One
 * file of CommonJS, because apps of both kinds load it; its types import nothing for the same reason.
 */
import { dirname, join, relative } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { runToEnd } from './adapters/process.js';
import { parsePointer } from './document/value.js';
import type { Finding, Patch, PlanDocument, PlanStack } from './plan/document.js';

export interface IdpFixPluginOptions {
  /** File or preset; the nearest `idp-fix.policy.yaml` upwards of the assembly when absent. */
  readonly policy?: string;
  /** Ids; all that the policy switches on when absent. */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** File with the findings that are known. */
  readonly baseline?: string;
  /** What skips in the templates do; the policy's when absent. */
  readonly suppressions?: 'override' | 'honour' | 'report';
  /** Findings of this severity or above fail the synth, those below it are warnings; `high` when absent. */
  readonly failOn?: 'critical' | 'high' | 'medium' | 'low' | 'never';
}

/**
 * `IPolicyValidationContext` of aws-cdk-lib as far as it is used, and `IPolicyValidationContextBeta1`, which has no
 * `stackTemplates`.
 */
export interface ValidationContext {
  readonly templatePaths: readonly string[];
  readonly stackTemplates?: readonly { readonly stackConstructPath: string; readonly templatePath: string }[];
}

/** `PolicyValidationPluginReport` of aws-cdk-lib. */
export interface ValidationReport {
  readonly success: boolean;
  readonly violations: Violation[];
}

/** `PolicyViolation` of aws-cdk-lib. */
export interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly fix: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly ruleMetadata: { readonly [key: string]: string };
  readonly violatingResources: ViolatingResource[];
}

/** `PolicyViolatingResource` of aws-cdk-lib, which adds construct and source line by the logical id. */
export interface ViolatingResource {
  /** Empty for a finding about the whole stack, which is at `constructPath`. */
  readonly resourceLogicalId: string;
  readonly constructPath?: string;
  readonly templatePath: string;
  /** `Properties.RetentionInDays`: what a patch would change in the resource. */
  readonly locations: string[];
}

/** `IPolicyValidationPlugin` of aws-cdk-lib, and `IPolicyValidationPluginBeta1` of its older releases. */
export interface IdpFixPlugin {
  readonly name: string;
  readonly version: string;
  validate(context: ValidationContext): ValidationReport;
}

/**
 * `Validations.of(app).addPlugins(idpFixPlugin())`.
 * @source https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
 */
export function idpFixPlugin(options: IdpFixPluginOptions = {}): IdpFixPlugin {
  return {
    name: 'idp-fix',
    version: packageJson.version,
    validate({ templatePaths, stackTemplates }) {
      const stacks: Stacks = new Map(
        stackTemplates?.map(({ templatePath, stackConstructPath }) => [templatePath, stackConstructPath]) ??
          templatePaths.map((path) => [path, undefined]),
      );
      const violations = violationsOf(plans([...stacks.keys()], options), stacks, options);
      return { success: violations.every(({ severity }) => severity !== 'error'), violations };
    },
  };
}

/** Construct paths of stacks, where they are known, by the path of their template. */
type Stacks = ReadonlyMap<string, string | undefined>;

/**
 * A plug-in has to answer before it returns, and planning reads files while other work goes on: a process of its own.
 * @throws Error with what idp-fix said, when a template or the policy could not be read; the CDK reports it
 */
function plans(templates: readonly string[], options: IdpFixPluginOptions): readonly PlanDocument[] {
  if (templates.length === 0) return [];
  const { policy, only = [], skip = [], baseline, suppressions } = options;
  const given = { policy, only: only.join(','), skip: skip.join(','), baseline, suppressions };
  const flags = Object.entries(given).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
  const words = ['--format', 'json', '--quiet', '--no-color', ...flags, '--', ...templates];
  const { exitCode, stdout, stderr } = runToEnd(join(__dirname, 'main.js'), words);
  if (exitCode !== 0 && exitCode !== 1) throw new Error(stderr.trim() || `it ended with ${exitCode}`);
  const content: PlanDocument | readonly PlanDocument[] = JSON.parse(stdout);
  return 'format' in content ? [content] : content;
}

/**
 * @param documents plans of the templates of `stacks`, in their order
 * @returns findings that say the same of several resources as one violation
 */
function violationsOf(
  documents: readonly PlanDocument[],
  stacks: Stacks,
  { failOn = 'high' }: IdpFixPluginOptions,
): Violation[] {
  const roots = [...stacks];
  const assembly = nearestFolder(roots.map(([path]) => path));
  const found = new Map<string, Violation>();
  for (const [index, document] of documents.entries()) {
    const [root, stackConstructPath] = roots[index] ?? ['', undefined];
    for (const stack of document.stacks) {
      const templatePath = join(dirname(root), stack.template);
      for (const finding of stack.findings) {
        if (finding.known || !isViolation(finding)) continue;
        const patch = stack.patches.find(({ id }) => id === finding.patch);
        const resource: ViolatingResource = {
          resourceLogicalId: finding.logicalId,
          ...(finding.logicalId === '' && stackConstructPath && { constructPath: stackConstructPath }),
          templatePath,
          locations: locationsIn(finding, stack),
        };
        const violation = violationOf(finding, patch, { failOn, assembly });
        const key = JSON.stringify(violation);
        const known = found.get(key) ?? violation;
        found.set(key, known);
        known.violatingResources.push(resource);
      }
    }
  }
  return [...found.values()];
}

/** What the app has acknowledged by the id of the plug-in is suppressed by the CDK, which keeps the reason in its report. */
function isViolation({ verdict, remediation, suppression }: Finding): boolean {
  if (verdict === 'accepted') return suppression?.id === `idp-fix::${remediation}`;
  return verdict === 'fixable' || verdict === 'manual' || verdict === 'unknown';
}

/** The folder of the assembly: stages have folders of their own below it. */
function nearestFolder(paths: readonly string[]): string {
  const [nearest = '.'] = paths
    .map((path) => dirname(path))
    .sort((left, right) => left.length - right.length);
  return relative('.', nearest) || '.';
}

function violationOf(
  finding: Finding,
  patch: Patch | undefined,
  { failOn, assembly }: { readonly failOn: FailOn; readonly assembly: string },
): Violation {
  const { remediation, because, verdict, severity } = finding;
  return {
    ruleName: remediation,
    description: because,
    fix: fixOf(finding, patch, assembly),
    severity: violationSeverity(severity, failOn),
    ruleMetadata: { verdict, ...(severity !== null && { severity }) },
    violatingResources: [],
  };
}

function fixOf({ decidedBy, remediation }: Finding, patch: Patch | undefined, assembly: string): string {
  const command = `idp-fix ${assembly} --format cdk-mixin`;
  if (patch?.risk === 'safe') return `auto-fix: ${command} writes it for the app`;
  if (patch?.risk === 'review') return `needs approval: ${command} --include review writes it for the app`;
  if (decidedBy.length > 0) return `needs input: set ${decidedBy.join(', ')} in the policy`;
  return `manual: see idp-fix explain ${remediation}`;
}

type FailOn = NonNullable<IdpFixPluginOptions['failOn']>;
const severities = ['low', 'medium', 'high', 'critical'] as const;

/** What could not be told has none, and is worth a warning. */
function violationSeverity(severity: Finding['severity'], failOn: FailOn): Violation['severity'] {
  if (severity === null) return 'warning';
  if (failOn !== 'never' && severities.indexOf(severity) >= severities.indexOf(failOn)) return 'error';
  return severity === 'low' ? 'info' : 'warning';
}

/** Where the patches of a finding change its resource, from the resource, with dots; each property once. */
function locationsIn({ logicalId, patch: patchId }: Finding, { patches }: PlanStack): string[] {
  const operations = patches.find((patch) => patch.id === patchId)?.operations ?? [];
  const paths = operations.flatMap((operation) => {
    const [section, id, ...within] = parsePointer(operation.path);
    if (operation.op === 'test' || section !== 'Resources' || id !== logicalId) return [];
    const named = within.filter((token) => token !== '-').join('.');
    return named === 'Properties' && operation.op === 'add'
      ? Object.keys(operation.value ?? {}).map((name) => `Properties.${name}`)
      : [named];
  });
  return [...new Set(paths)];
}
