import { join } from 'node:path';
import { sha256Of } from '../document/sha256.js';
import { readDeployment } from './deployed.js';
import type { Present } from './moved.js';
import { deployedHashes } from './new-record.js';
import { openValues } from './parameters.js';
import type { ChangeSetRecord } from './record.js';
import type { Session } from './session.js';

/** How everything a record pins stands now. */
export async function presentState(
  record: ChangeSetRecord,
  folder: string,
  session: Session,
): Promise<Present> {
  const { aws, caller, files } = session;
  const local = new Map<string, string>();
  for (const { path, file } of record.templates) {
    if (file === null) continue;
    const place = join(folder, file);
    if ((await files.kindOf(place)) === 'file') local.set(path, sha256Of(await files.read(place)));
  }
  const place = { account: caller.account, region: aws.region, local };
  const isSamePlace = caller.account === record.account && aws.region === record.region;
  const stack = isSamePlace ? await aws.stacks.stack(record.stack.name) : undefined;
  if (stack === undefined)
    return { ...place, stackId: '', updatedAt: '', deployed: new Map(), parameters: new Map() };
  const deployment = await readDeployment(aws.stacks, stack);
  return {
    ...place,
    stackId: stack.id,
    updatedAt: stack.updatedAt,
    deployed: new Map(deployedHashes(deployment.nested).map((each) => [each.stack, each.sha256])),
    parameters: openValues(stack, deployment.tree.root.template),
  };
}
