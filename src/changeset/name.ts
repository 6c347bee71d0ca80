import { sha256Of } from '../template/sha256.js';
import type { Tag } from './ports.js';

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
    /** That the stack gets, by key. */
    readonly tags: readonly Tag[];
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
      options.tags.map(({ key, value }) => [key, value]),
    ],
  ]);
  return sha256Of(new TextEncoder().encode(text));
}

/** Letters, digits and hyphens, at most 128: what CloudFormation takes for names and tokens alike. */
export function changeSetName(hash: string): string {
  return `idp-fix-${hash.slice(0, 16)}`;
}

export function isChangeSetName(name: string): boolean {
  return /^[A-Za-z][-A-Za-z0-9]{0,127}$/.test(name);
}

const mark = 'made by idp-fix, plan ';

/** The only place where CloudFormation keeps what a change set was made from. */
export function description(hash: string): string {
  return mark + hash;
}

export function isOurs(text: string, hash?: string): boolean {
  return hash === undefined ? text.startsWith(mark) : text === description(hash);
}
