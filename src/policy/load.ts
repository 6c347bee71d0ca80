import { createHash } from 'node:crypto';
import { basename, normalize } from 'node:path';
import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import {
  basePreset,
  folderOf,
  namedPolicy,
  nameOfFile,
  nearestPolicy,
  type PolicyFile,
  type PolicyPlaces,
  sourceOf,
} from './locate.js';
import type { Policy } from './policy.js';
import { type Problem, policyError, problemsOf, suggestion } from './problems.js';
import { type PolicyContent, policySchema, type SwitchableRemediation } from './schema.js';
import {
  at,
  isSourcedList,
  isSourcedMap,
  mergeSourced,
  plain,
  readSourced,
  type Sourced,
  type SourcedMap,
} from './sourced.js';

export interface PolicyProduct {
  readonly remediations: readonly SwitchableRemediation[];
  /** Where the presets are. */
  readonly policiesFolder: string;
}

interface PolicyChoice {
  /** File or preset. */
  readonly named: string | undefined;
  /** Of the root template: the nearest policy file from here upwards counts when none is named. */
  readonly folder: string;
}

/** A policy with everything it builds on, before anybody has looked whether it is in order. */
export interface MergedPolicy {
  readonly file: PolicyFile;
  /** What the file itself calls it. */
  readonly name: string;
  readonly content: Sourced;
}

/** Lists to which each policy adds its own; any other list replaces the one it builds on. */
const joinedLists: ReadonlySet<string> = new Set([
  'functions',
  'logGroups',
  'deviations',
  'postponed',
  'unchecked',
  'transforms',
  'attestations',
]);

/** By the file they were read from. */
export type Policies = Map<string, Policy>;

/**
 * The policy that counts for a root template.
 * @param known those that were read before; what is read is added
 * @throws IdpFixError `policy-invalid`, with all that is wrong with it; `file-unreadable`
 */
export async function loadPolicy(
  files: FileStore,
  { remediations, policiesFolder }: PolicyProduct,
  { named, folder }: PolicyChoice,
  known: Policies = new Map(),
): Promise<Policy> {
  const places = { files, policiesFolder };
  const file = await policyFile(places, { named, folder });
  const source = sourceOf(file, folder);
  const read = known.get(file.path);
  if (read !== undefined) return { ...read, source };
  const policy = validatePolicy(await readFrom(places, file), remediations, source);
  known.set(file.path, policy);
  return policy;
}

/** @throws IdpFixError `policy-invalid`, `file-unreadable` */
export async function readPolicy(places: PolicyPlaces, choice: PolicyChoice): Promise<MergedPolicy> {
  return readFrom(places, await policyFile(places, choice));
}

function policyFile(places: PolicyPlaces, { named, folder }: PolicyChoice): Promise<PolicyFile> {
  return named === undefined ? nearestPolicy(places, folder) : namedPolicy(places, named);
}

async function readFrom(places: PolicyPlaces, file: PolicyFile): Promise<MergedPolicy> {
  const chain = await readChain(places, file);
  const [own] = chain;
  const ownName = own && at(own, ['name'])?.content;
  const name = typeof ownName === 'string' ? ownName : (file.preset ?? basename(file.path));
  return { file, name, content: chain.reduceRight((base, next) => mergeSourced(base, next, joinedLists)) };
}

/** The policy first, then what it builds on, down to the base preset. */
async function readChain(places: PolicyPlaces, first: PolicyFile): Promise<readonly Sourced[]> {
  const chain: Sourced[] = [];
  const seen: string[] = [];
  for (let file: PolicyFile | undefined = first; file !== undefined; ) {
    const policy = spellOutSwitches(readSourced(nameOfFile(file), await places.files.read(file.path)));
    chain.push(policy);
    seen.push(normalize(file.path));
    const base = at(policy, ['extends']);
    file = file.preset === basePreset && base === undefined ? undefined : await extended(places, file, base);
    if (file !== undefined && seen.includes(normalize(file.path))) {
      throw new IdpFixError('policy-invalid', `${nameOfFile(file)} extends itself in the end`, {
        ...(base !== undefined && { place: base.place }),
        hint: 'take out one extends of the circle',
      });
    }
  }
  return chain;
}

async function extended(
  places: PolicyPlaces,
  file: PolicyFile,
  base: Sourced | undefined,
): Promise<PolicyFile> {
  const named = base?.content ?? basePreset;
  const place = base?.place ?? { file: nameOfFile(file) };
  if (typeof named !== 'string') {
    throw new IdpFixError('policy-invalid', 'extends is not the name of a preset or a file', { place });
  }
  try {
    return await namedPolicy(places, named, folderOf(file));
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    throw new IdpFixError(error.code, error.message, { ...error.details, place });
  }
}

/** @throws IdpFixError `policy-invalid` */
export function validatePolicy(
  { name, content }: MergedPolicy,
  remediations: readonly SwitchableRemediation[],
  source: string,
): Policy {
  const schema = policySchema(remediations);
  const { isOn, rest, problems } = splitSwitches(content);
  const result = schema.safeParse(plain(rest));
  const issues = result.success ? [] : problemsOf(result.error.issues, schema, rest);
  const unknown = [...unknownIds(rest, remediations), ...lastTooLong(rest)];
  if (!result.success || problems.length + unknown.length > 0) {
    throw policyError([...problems, ...issues, ...unknown]);
  }
  return policyOf(result.data, { name, source, isOn, content });
}

function policyOf(
  { name: _name, extends: _extends, encryption, remediations: targets, ...rest }: PolicyContent,
  {
    name,
    source,
    isOn,
    content,
  }: Pick<Policy, 'name' | 'source'> & Pick<MergedPolicy, 'content'> & Pick<SplitPolicy, 'isOn'>,
): Policy {
  const active = Object.fromEntries(Object.entries(targets).filter(([id]) => isOn(id)));
  return {
    ...rest,
    name,
    source,
    sha256: digest({ ...rest, name, encryption, remediations: active }),
    region: rest.region,
    encryptionKey: encryption.key,
    account: { ...rest.account, concurrencyLimit: rest.account.concurrencyLimit },
    target: (id) => active[id],
    origin: (path) => at(content, path)?.place,
  };
}

/** A misspelt id would leave a risk unaccepted, or write what was to wait, and nobody would see why. */
function unknownIds(policy: Sourced, remediations: readonly SwitchableRemediation[]): readonly Problem[] {
  const ids = remediations.map(({ id }) => id);
  const entries = ['deviations', 'postponed'].flatMap((section) => {
    const listed = at(policy, [section])?.content;
    return isSourcedList(listed) ? listed : [];
  });
  return entries.flatMap((entry) => {
    const remediation = at(entry, ['remediation']);
    const id = remediation?.content;
    if (remediation === undefined || typeof id !== 'string' || ids.includes(id)) return [];
    return [
      { place: remediation.place, message: `there is no remediation ${id}`, hint: suggestion(id, ids) },
    ];
  });
}

/** Only where the policy limits how long a risk may be accepted. */
function lastTooLong(policy: Sourced): readonly Problem[] {
  const maximumDays = at(policy, ['exceptions', 'maximumDays'])?.content;
  const listed = at(policy, ['deviations'])?.content;
  if (typeof maximumDays !== 'number' || !isSourcedList(listed)) return [];
  return listed.flatMap((entry) => {
    const expires = at(entry, ['expires']);
    const days = daysBetween(at(entry, ['date'])?.content, expires?.content);
    if (expires === undefined || !(days > maximumDays)) return [];
    const message = `the exception lasts ${days} days, and exceptions.maximumDays allows ${maximumDays}`;
    return [{ place: expires.place, message, hint: 'choose an earlier last day, or raise the maximum' }];
  });
}

/** @returns NaN for what are no days */
function daysBetween(first: unknown, last: unknown): number {
  return (Date.parse(String(last)) - Date.parse(String(first))) / 86_400_000;
}

function digest(content: unknown): string {
  const sorted = JSON.stringify(content, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest('hex');
}

/** Under every remediation, beside what its own schema has. */
export const switchKey = 'enabled';

interface SplitPolicy {
  isOn(remediation: string): boolean;
  /** The policy without the switches: what the units' own schemas know. */
  readonly rest: Sourced;
  readonly problems: readonly Problem[];
}

/** `ID: false` is short for `ID: {enabled: false}`: spelt out, it leaves the target for who switches it on again. */
function spellOutSwitches(policy: Sourced): Sourced {
  return withRemediations(policy, (remediation) => {
    if (typeof remediation.content !== 'boolean') return remediation;
    return { place: remediation.place, content: new Map([[switchKey, remediation]]) };
  });
}

function splitSwitches(policy: Sourced): SplitPolicy {
  const off = new Set<string>();
  const problems: Problem[] = [];
  const rest = withRemediations(policy, (remediation, id) => {
    if (!isSourcedMap(remediation.content)) return remediation;
    const target = new Map(remediation.content);
    const enabled = target.get(switchKey);
    target.delete(switchKey);
    if (enabled?.content === false) off.add(id);
    else if (enabled !== undefined && enabled.content !== true) problems.push(notASwitch(id, enabled));
    return { place: remediation.place, content: target };
  });
  return { isOn: (id) => !off.has(id), rest, problems };
}

function notASwitch(id: string, enabled: Sourced): Problem {
  const written = JSON.stringify(plain(enabled));
  return {
    place: enabled.place,
    message: `remediations.${id}.${switchKey} is ${written}, not true or false`,
  };
}

function withRemediations(policy: Sourced, change: (remediation: Sourced, id: string) => Sourced): Sourced {
  const section = at(policy, ['remediations']);
  if (!isSourcedMap(policy.content) || section === undefined || !isSourcedMap(section.content)) return policy;
  const changed: SourcedMap = new Map([...section.content].map(([id, each]) => [id, change(each, id)]));
  return {
    place: policy.place,
    content: new Map(policy.content).set('remediations', { place: section.place, content: changed }),
  };
}
