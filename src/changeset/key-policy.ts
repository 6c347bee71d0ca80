import { matchesWildcard } from '../template/wildcard.js';

/** Who wants to use a key. */
export type KeyUser =
  /** In its own name: `logs.eu-west-1.amazonaws.com`. */
  | { readonly kind: 'service'; readonly name: string }
  /** What the function or the build project under it does. */
  | { readonly kind: 'role'; readonly arn: string };

/** A service writes with the key; a role reads at least what was written. */
const needed = { service: ['kms:GenerateDataKey', 'kms:Decrypt'], role: ['kms:Decrypt'] } as const;

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: unknown;
}

/**
 * Whether a key policy lets somebody use the key; a role also through the account's own policies, if the key leaves it to
 * them. `unknown` where a condition beyond the usual confinement to an account or a log group decides, or where
 * something is denied.
 */
export function admits(policy: string, user: KeyUser, account: string): 'yes' | 'no' | 'unknown' {
  const statements = statementsOf(policy);
  if (statements === undefined) return 'unknown';
  let isConditional = false;
  const open = new Set<string>();
  for (const statement of statements) {
    if (!concerns(statement, user, account)) continue;
    if (statement.Effect === 'Deny' || statement.NotAction !== undefined) {
      isConditional = true;
      continue;
    }
    const actions = list(statement.Action);
    const usual = isUsual(statement.Condition, account);
    if (!usual) isConditional = true;
    for (const action of needed[user.kind]) {
      if (usual && actions.some((pattern) => matchesWildcard(pattern.toLowerCase(), action.toLowerCase())))
        open.add(action);
    }
  }
  if (isConditional) return 'unknown';
  return needed[user.kind].every((action) => open.has(action)) ? 'yes' : 'no';
}

function statementsOf(policy: string): readonly Statement[] | undefined {
  try {
    const { Statement: statements } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
    if (statements === undefined) return [];
    return Array.isArray(statements) ? statements : [statements];
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function concerns(
  { Principal: principal, NotPrincipal: notPrincipal }: Statement,
  user: KeyUser,
  account: string,
): boolean {
  if (notPrincipal !== undefined) return true;
  if (principal === '*') return true;
  if (typeof principal !== 'object' || principal === null) return false;
  const { Service: services, AWS: principals } = principal as Readonly<Record<string, unknown>>;
  if (list(principals).includes('*')) return true;
  if (user.kind === 'role') {
    return list(principals).some(
      (each) => each === user.arn || each === account || each.endsWith(`:iam::${account}:root`),
    );
  }
  const service = user.name;
  // `logs.amazonaws.com` stands for the service in every region.
  const anyRegion = service.replace(/^([a-z]+)\.[a-z0-9-]+\.amazonaws/, '$1.amazonaws');
  return list(services).some((each) => each === service || each === anyRegion || each === '*');
}

/** Confined to this account, or to the log groups whose context the service sends along. */
function isUsual(condition: unknown, account: string): boolean {
  if (condition === undefined) return true;
  if (typeof condition !== 'object' || condition === null) return false;
  return Object.values(condition as Readonly<Record<string, Readonly<Record<string, unknown>>>>).every(
    (keys) =>
      Object.entries(keys).every(([key, values]) => {
        const isConfined =
          /^(?:aws:SourceAccount|kms:CallerAccount|aws:SourceArn|kms:EncryptionContext:)/i.test(key);
        return isConfined && list(values).some((value) => value.includes(account) || value.includes('*'));
      }),
  );
}

function list(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
