import { createHash } from 'node:crypto';
import { jsonText, terminalLine } from '../escape.js';
import type {
  ExpiredDeviation,
  Finding,
  Patch,
  PlanDeviation,
  PlanDocument,
  PlanStack,
} from '../plan/document.js';
import type { Report, ReportedPlan, ReportOptions } from './report.js';

/** @source https://pages.nist.gov/OSCAL-Reference/models/ */
const oscalVersion = '1.2.3';
/** Names of properties that OSCAL does not define. */
const namespace = 'urn:idp-fix:oscal';

/** @source https://www.rfc-editor.org/rfc/rfc9562#name-namespace-id-usage-and-allocation */
const namesOfUrls = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

type Json = Readonly<Record<string, unknown>>;

/** Assessment results: what was judged, by root template, with the risks that are open or accepted. */
export const oscalReport: Report = (plans, options) => {
  const policies = new Map(plans.map(({ document: { policy } }) => [policy.sha256, policy]));
  const [[policy = ''] = []] = [...policies];
  return documentText('assessment-results', plans, options, {
    'import-ap': {
      href: `#${uuid('policy', policy)}`,
      remarks: 'The policy takes the place of an assessment plan.',
    },
    results: plans.map((plan) => resultOf(plan, options)),
    'back-matter': {
      resources: [...policies].map(([sha256, { name, source }]) => ({
        uuid: uuid('policy', sha256),
        title: `Policy ${name}`,
        description: source,
        props: [property('sha256', sha256)],
        rlinks: [{ href: encodeURI(source) }],
      })),
    },
  });
};

/** A plan of action and milestones: an item for every finding that is open, or accepted with owner and deadline. */
export const oscalPoamReport: Report = (plans, options) => {
  const judged = plans.flatMap((plan) => judgedIn(plan, options).filter(isRisk));
  return documentText('plan-of-action-and-milestones', plans, options, {
    'system-id': {
      'identifier-type': 'https://ietf.org/rfc/rfc4122',
      id: uuid('system', ...plans.map(({ root }) => root)),
    },
    ...partsOf(judged, options),
    // The format has no plan without an item.
    'poam-items':
      judged.length === 0
        ? [nothingOpen]
        : judged.map((each) => ({
            uuid: uuid('poam-item', ...each.key),
            title: titleOf(each),
            description: line(each.finding.because),
            props: propertiesOf(each),
            ...related(each),
          })),
  });
};

const nothingOpen = {
  uuid: uuid('nothing-open'),
  title: 'Nothing is open',
  description: 'No finding is open, and none is accepted.',
};

/** A finding with what it is about; `key` is what its identifiers are made of, so that they stay from run to run. */
interface Judged {
  readonly key: readonly string[];
  readonly root: string;
  readonly finding: Finding;
  readonly template: string;
  readonly patch: Patch | undefined;
  readonly remediation: ReportOptions['remediations'][number] | undefined;
  readonly deviation: PlanDeviation | ExpiredDeviation | undefined;
}

function judgedIn({ document, root }: ReportedPlan, { remediations }: ReportOptions): readonly Judged[] {
  return document.stacks.flatMap((stack) =>
    stack.findings
      .filter(({ verdict }) => verdict !== 'not-applicable')
      .map((finding) => ({
        key: [root, finding.fingerprint],
        ...{ root, finding, template: stack.template },
        patch: stack.patches.find(({ id }) => id === finding.patch),
        remediation: remediations.find(({ id }) => id === finding.remediation),
        deviation: deviationOf(finding, stack, document),
      })),
  );
}

/** The exception of the policy that accepts a finding, or that did until its last day. */
function deviationOf(finding: Finding, { template }: PlanStack, { deviations }: PlanDocument) {
  if (finding.verdict !== 'accepted') return finding.expiredDeviation ?? undefined;
  return deviations.find(
    (each) =>
      each.state === 'in-force' &&
      each.remediation === finding.remediation &&
      (each.template === null || each.template === template) &&
      (each.logicalId === null || each.logicalId === finding.logicalId),
  );
}

function isRisk({ finding }: Judged): boolean {
  return finding.verdict !== 'compliant';
}

function documentText(
  model: string,
  plans: readonly ReportedPlan[],
  { today }: ReportOptions,
  content: Json,
): string {
  const documents = plans.map(({ document }) => document);
  const owners = [...new Set(documents.flatMap(ownersIn))];
  // A document is another one when anything in it is.
  const identity = createHash('sha256')
    .update(JSON.stringify([today, documents]))
    .digest('hex');
  const text = {
    [model]: {
      uuid: uuid(model, identity),
      metadata: {
        title: `CloudFormation templates against a policy: ${line(plans.map(({ root }) => root).join(', '))}`,
        'last-modified': instant(today),
        version: today,
        'oscal-version': oscalVersion,
        ...(owners.length > 0 && {
          roles: [{ id: 'risk-owner', title: 'Owner of an accepted risk' }],
          parties: owners.map((name) => ({
            uuid: uuid('party', name),
            type: 'organization',
            name: line(name),
          })),
        }),
      },
      ...content,
    },
  };
  return `${jsonText(text)}\n`;
}

function ownersIn({ deviations, stacks }: PlanDocument): readonly string[] {
  const expired = stacks.flatMap(({ findings }) =>
    findings.flatMap(({ expiredDeviation }) => (expiredDeviation === null ? [] : [expiredDeviation.owner])),
  );
  return [...deviations.map(({ owner }) => owner), ...expired];
}

function resultOf(plan: ReportedPlan, options: ReportOptions): Json {
  const judged = judgedIn(plan, options);
  const { notEvaluated } = plan.document.coverage;
  const ids = Object.keys(plan.document.summary.byRemediation);
  return {
    uuid: uuid('result', plan.root),
    title: line(plan.root),
    description: 'Findings of idp-fix in the template and all that it nests.',
    start: instant(options.today),
    end: instant(options.today),
    'reviewed-controls': {
      description: 'Remediations of idp-fix take the place of controls.',
      ...(ids.length > 0 && { props: ids.map((id) => property('remediation', id)) }),
      'control-selections': [{ 'include-all': {} }],
    },
    ...partsOf(judged, options),
    ...(judged.length > 0 && { findings: judged.map(findingOf) }),
    ...(notEvaluated.length > 0 && {
      remarks: `Not looked at: ${notEvaluated.map(({ logicalId, because }) => line(`${logicalId} (${because})`)).join('; ')}`,
    }),
  };
}

/** Components, observations and risks, as both documents have them. */
function partsOf(judged: readonly Judged[], { today }: ReportOptions): Json {
  const tools = new Map(judged.map(({ root }) => [root, toolOf(root)]));
  const subjects = new Map(judged.map((each) => [subjectOf(each), componentOf(each)]));
  const risks = judged.filter(isRisk).map((each) => riskOf(each, today));
  return judged.length === 0
    ? {}
    : {
        'local-definitions': { components: [...tools.values(), ...subjects.values()] },
        observations: judged.map((each) => observationOf(each, today)),
        ...(risks.length > 0 && { risks }),
      };
}

/** One per root template, because a document has each identifier once. */
function toolOf(root: string): Json {
  return {
    uuid: uuid('tool', root),
    type: 'software',
    title: 'idp-fix',
    description: 'Compares CloudFormation and SAM templates with a policy.',
    status: { state: 'operational' },
  };
}

function originsOf({ root }: Judged): readonly Json[] {
  return [{ actors: [{ type: 'tool', 'actor-uuid': uuid('tool', root) }] }];
}

function subjectOf({ root, template, finding }: Judged): string {
  return uuid('component', root, template, finding.logicalId);
}

function componentOf(judged: Judged): Json {
  const { template, finding } = judged;
  const isWhole = finding.logicalId === '';
  return {
    uuid: subjectOf(judged),
    type: 'service',
    title: line(isWhole ? template : finding.logicalId),
    description: line(
      isWhole ? 'The whole template.' : `${finding.resourceType} in ${template}, line ${finding.line}`,
    ),
    status: { state: 'other', remarks: 'Declared in a template; what is deployed was not looked at.' },
  };
}

function observationOf(judged: Judged, today: string): Json {
  const { key, finding, template } = judged;
  return {
    uuid: uuid('observation', ...key),
    title: titleOf(judged),
    description: line(finding.because),
    methods: ['EXAMINE'],
    types: ['finding'],
    origins: originsOf(judged),
    subjects: [{ 'subject-uuid': subjectOf(judged), type: 'component' }],
    'relevant-evidence': [{ href: encodeURI(template), description: `Line ${finding.line}` }],
    collected: instant(today),
  };
}

function findingOf(judged: Judged): Json {
  const { key, finding } = judged;
  const isSatisfied = finding.verdict === 'compliant';
  return {
    uuid: uuid('finding', ...key),
    title: titleOf(judged),
    description: line(finding.because),
    props: propertiesOf(judged),
    origins: originsOf(judged),
    target: {
      type: 'objective-id',
      'target-id': finding.remediation,
      status: {
        state: isSatisfied ? 'satisfied' : 'not-satisfied',
        reason: isSatisfied ? 'pass' : finding.verdict === 'unknown' ? 'other' : 'fail',
      },
    },
    ...related(judged),
  };
}

function riskOf(judged: Judged, today: string): Json {
  const { key, finding, patch, remediation, deviation } = judged;
  const isAccepted = finding.verdict === 'accepted';
  const status = isAccepted ? 'deviation-approved' : 'open';
  const since = deviation !== undefined && 'date' in deviation ? deviation.date : today;
  return {
    uuid: uuid('risk', ...key),
    title: titleOf(judged),
    description: line(finding.because),
    statement: line(remediation?.why ?? finding.because),
    props: propertiesOf(judged),
    status,
    origins: originsOf(judged),
    ...(deviation !== undefined && { deadline: instant(deviation.expires) }),
    ...(!isAccepted && { remediations: [responseOf(judged, patch)] }),
    ...(deviation !== undefined && {
      'risk-log': {
        entries: [
          {
            uuid: uuid('risk-log', ...key),
            title: isAccepted ? 'Accepted' : 'The exception has expired',
            description: line(deviation.reason),
            start: instant(isAccepted ? since : deviation.expires),
            'logged-by': [{ 'party-uuid': uuid('party', deviation.owner), 'role-id': 'risk-owner' }],
            'status-change': status,
          },
        ],
      },
    }),
    'related-observations': [{ 'observation-uuid': uuid('observation', ...key) }],
  };
}

function responseOf({ key, finding }: Judged, patch: Patch | undefined): Json {
  const keys = finding.decidedBy.join(', ');
  const description =
    patch !== undefined
      ? `Patch ${patch.id} writes it: ${patch.risk === 'safe' ? 'idp-fix --apply' : patch.risk === 'review' ? 'idp-fix --apply --include review' : 'it may destroy data, and is left to people'}.`
      : keys === ''
        ? `See idp-fix explain ${finding.remediation}.`
        : `An answer in the policy decides it: ${keys}.`;
  return {
    uuid: uuid('response', ...key),
    lifecycle: 'recommendation',
    title: patch === undefined ? 'Decide or do' : 'Patch',
    description: line(description),
  };
}

function related(judged: Judged): Json {
  const { key } = judged;
  return {
    'related-observations': [{ 'observation-uuid': uuid('observation', ...key) }],
    ...(isRisk(judged) && { 'related-risks': [{ 'risk-uuid': uuid('risk', ...key) }] }),
  };
}

function titleOf({ finding, template, remediation }: Judged): string {
  return line(`${remediation?.title ?? finding.remediation}: ${finding.logicalId || template}`);
}

function propertiesOf({ finding, deviation }: Judged): readonly Json[] {
  return [
    property('fingerprint', finding.fingerprint),
    property('verdict', finding.verdict),
    ...(finding.severity === null ? [] : [property('severity', finding.severity)]),
    ...(deviation === undefined ? [] : [property('owner', deviation.owner)]),
    ...(finding.suppression === null ? [] : [property('suppression', finding.suppression.id)]),
  ];
}

function property(name: string, value: string): Json {
  return { name, ns: namespace, value: line(value) };
}

/** Text of OSCAL is one line, and never empty. */
function line(text: string): string {
  return terminalLine(text.replaceAll(/\s+/g, ' ')).trim() || '–';
}

function instant(day: string): string {
  return `${day}T00:00:00Z`;
}

/** UUID of a name, version 5: the same content has the same identifiers. @source https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5 */
function uuid(...name: readonly string[]): string {
  const hash = createHash('sha1')
    .update(namesOfUrls)
    .update(`${namespace}:${JSON.stringify(name)}`)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
