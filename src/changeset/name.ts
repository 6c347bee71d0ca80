import { sha256Of } from '../document/sha256.js';

/** What a plan is, as far as a change set goes: equal plans have equal hashes, and so equal change sets. */
export interface PlanIdentity {
  readonly stackId: string;
  /** A stack that was updated since makes another change set. */
  readonly stackUpdatedAt: string;
  readonly source: 'local' | 'deployed' | 'parameters';
  /** SHA-256 of each template as submitted, before the places of nested ones are filled in. */
  readonly templates: ReadonlyMap<string, string>;
  /** Without secret values. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What else the change set is asked for with. */
  readonly options: {
    readonly capabilities: readonly string[];
    readonly roleArn: string | undefined;
    readonly imports: boolean;
    /** Stateful resources whose loss is agreed to. */
    readonly allowed: readonly string[];
    /** That the stack gets, or loses where there is no value afterwards. */
    readonly tags: readonly { readonly key: string; readonly after: string | null }[];
  };
}

/** Lower-case hex. */
export function planHash(identity: PlanIdentity): string {
  const { templates, parameters, options, ...rest } = identity;
  const sorted = (map: ReadonlyMap<string, string>) =>
    [...map].sort(([left], [right]) => (left < right ? -1 : 1));
  const text = JSON.stringify([
    Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1)),
    sorted(templates),
    sorted(parameters),
    [
      options.capabilities,
      options.roleArn ?? null,
      options.imports,
      agreed(options.allowed),
      options.tags.map(({ key, after }) => [key, after]),
    ],
  ]);
  return textHash(text);
}

/** Letters, digits and hyphens, at most 128: what CloudFormation takes for names and tokens alike. */
export function changeSetName(hash: string): string {
  return `idp-fix-${hash.slice(0, 16)}`;
}

export function isChangeSetName(name: string): boolean {
  return /^[A-Za-z][-A-Za-z0-9]{0,127}$/.test(name);
}

/** Where a change set comes from, as CloudFormation keeps it in the description: the only thing there nobody can edit. */
export interface Origin {
  /** SHA-256. */
  readonly plan: string;
  /** The run that made it: 32 hexadecimal digits, different for everybody who creates the same plan. */
  readonly creation: string;
  /** Stateful resources whose loss was agreed to. */
  readonly allowed: readonly string[];
}

const mark = 'made by idp-fix, plan ';

export function description({ plan, creation, allowed }: Origin): string {
  const losses =
    allowed.length === 0 ? '' : `, losses agreed to ${textHash(JSON.stringify(agreed(allowed)))}`;
  return `${mark}${plan}, creation ${creation}${losses}`;
}

export function isOurs(text: string): boolean {
  return text.startsWith(mark);
}

/** The creation that a description names, when it is of this plan. */
export function creationOf(text: string, plan: string): string | undefined {
  const [, ofPlan, creation] = /^(.*), creation ([0-9a-f]{32})(?:,|$)/.exec(text) ?? [];
  return ofPlan === mark + plan ? creation : undefined;
}

function agreed(allowed: readonly string[]): readonly string[] {
  return [...new Set(allowed)].sort();
}

function textHash(text: string): string {
  return sha256Of(new TextEncoder().encode(text));
}
