import type { ChangeSetRecord } from './record.js';

/** What a record is compared with before it is executed. */
export interface Present {
  readonly account: string;
  readonly region: string;
  readonly stackId: string;
  readonly updatedAt: string;
  /** SHA-256 of the deployed templates by the way to their stack. */
  readonly deployed: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
  /** SHA-256 of the local templates by path; of a file that is gone, nothing. */
  readonly local: ReadonlyMap<string, string>;
}

/** What has moved since a change set was reviewed, one line each; nothing when it may be executed. */
export function movedSince(record: ChangeSetRecord, now: Present): readonly string[] {
  const { stack, account, region, deployed, templates, parameters } = record;
  const moved: string[] = [];
  if (account !== now.account) moved.push(`reviewed in account ${account}, and this is ${now.account}`);
  if (region !== now.region) moved.push(`reviewed in region ${region}, and this is ${now.region}`);
  if (stack.id !== now.stackId) moved.push(`the stack ${stack.name} is another one than was reviewed`);
  else if (stack.updatedAt !== now.updatedAt) {
    moved.push(`the stack was updated at ${now.updatedAt}, after the review`);
  }
  const ways = new Set([...deployed.map((each) => each.stack), ...now.deployed.keys()]);
  for (const way of [...ways].sort()) {
    const reviewed = deployed.find((each) => each.stack === way)?.sha256;
    if (reviewed !== now.deployed.get(way))
      moved.push(`the deployed template of ${way === '' ? 'the stack' : way} has changed`);
  }
  const names = new Set([...Object.keys(parameters), ...now.parameters.keys()]);
  for (const name of [...names].sort()) {
    if (parameters[name] !== now.parameters.get(name)) moved.push(`the parameter ${name} has another value`);
  }
  for (const { path, localSha256 } of templates) {
    if (localSha256 !== null && localSha256 !== now.local.get(path))
      moved.push(`the local template ${path} has changed`);
  }
  return moved;
}
