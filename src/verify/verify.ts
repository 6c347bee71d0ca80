import { readDeployment } from '../changeset/deployed.js';
import { physicalNames, wayOf } from '../changeset/physical.js';
import { readyStack } from '../changeset/prerequisites.js';
import type { Session } from '../changeset/session.js';
import { isMap, type ValueMap } from '../document/value.js';
import { buildPlan } from '../plan/build.js';
import type { PlanDocument } from '../plan/document.js';
import { loadPolicy } from '../policy/load.js';
import type { Product } from '../product.js';
import type { Stack, StackTree } from '../template/template.js';
import { alarmProofs } from './alarms.js';
import { forwardingProofs } from './forwarding.js';
import { functionProofs } from './functions.js';
import { keyProofs } from './keys.js';
import { itemsOf, type Promised, promises } from './promised.js';
import {
  type CheckContext,
  type DeployedResource,
  type Look,
  type Proof,
  type ProofStatus,
  proof,
} from './proof.js';
import { budgetProofs, deadLetterQueueProofs, logGroupProofs } from './stores.js';
import { topicProofs } from './topics.js';

/** What became of a stack after it was deployed. */
export interface Verification {
  readonly stack: { readonly name: string; readonly id: string; readonly status: string };
  readonly account: string;
  readonly region: string;
  /** ISO 8601: what happened before the last update, or before the days asked for, counts for nothing. */
  readonly from: string;
  readonly to: string;
  /** That the deployed templates were planned against. */
  readonly policy: { readonly name: string; readonly sha256: string };
  /** That the deployed templates declare, whether or not their conditions hold. */
  readonly resources: readonly {
    readonly stack: string;
    readonly logicalId: string;
    readonly type: string;
  }[];
  /** `null` where nothing here was executed on the stack. */
  readonly promised: Promised | null;
  /** What is dead first. */
  readonly proofs: readonly Proof[];
}

interface VerifyRequest {
  /** Name or ARN. */
  readonly stack: string;
  readonly policy: string | undefined;
  /** Whose records of change sets count. */
  readonly folder: string;
  /** How far back to look, at most. */
  readonly days: number;
}

const dayMs = 86_400_000;

const looks: readonly Look[] = [
  alarmProofs,
  topicProofs,
  keyProofs,
  functionProofs,
  forwardingProofs,
  logGroupProofs,
  deadLetterQueueProofs,
  budgetProofs,
];

/**
 * Looks whether what is deployed works. Reads only.
 * @throws IdpFixError `stack-not-ready`, and what planning and AWS throw
 */
export async function verifyStack(
  request: VerifyRequest,
  session: Session,
  product: Product,
  today: string,
): Promise<Verification> {
  const { aws, caller, files, live } = session;
  const stack = readyStack(await aws.stacks.stack(request.stack), request.stack, aws.region);
  const deployment = await readDeployment(session, stack);
  const policy = await loadPolicy(files, product, { named: request.policy, folder: '.' });
  const now = live.now();
  const from = Math.max(Date.parse(stack.updatedAt), now - request.days * dayMs);
  const byWay = new Map(deployment.tree.stacks.map((each) => [wayOf(each).join('/'), each]));
  const resources = [...deployment.nested.values()].flatMap(({ way, resources: listed }) => {
    const inTree = byWay.get(way.join('/'));
    return inTree === undefined
      ? []
      : listed.flatMap((each) => deployedResource(each, inTree, way.join('/')));
  });
  const context: CheckContext = {
    aws,
    account: caller.account,
    resources,
    physical: physicalNames(deployment, { account: caller.account, region: aws.region }),
    from,
    now,
  };
  const { promised, proofs: held } = await promises(request.folder, session, deployment, product);
  const planned = buildPlan(deployment.tree, policy, product.remediations, {
    version: product.version,
    today,
  });
  const proofs: Proof[] = [...planProofs(planned.document, product), ...held];
  for (const look of looks) {
    session.progress('looking how the resources do\n');
    proofs.push(...(await look(context)));
  }
  return {
    stack: { name: stack.name, id: stack.id, status: stack.status },
    account: caller.account,
    region: aws.region,
    from: new Date(from).toISOString(),
    to: new Date(now).toISOString(),
    policy: { name: planned.document.policy.name, sha256: planned.document.policy.sha256 },
    resources: declared(deployment.tree),
    promised,
    proofs: inOrder(proofs),
  };
}

function declared({ stacks }: StackTree): Verification['resources'] {
  return stacks.flatMap((stack) =>
    [...stack.template.resources.values()].map(({ logicalId, type }) => ({
      stack: wayOf(stack).join('/'),
      logicalId,
      type,
    })),
  );
}

function deployedResource(
  listed: {
    readonly logicalId: string;
    readonly type: string;
    readonly physicalId: string | undefined;
    readonly status: string;
  },
  stack: Stack,
  way: string,
): readonly DeployedResource[] {
  const { logicalId, type, physicalId, status } = listed;
  if (physicalId === undefined || physicalId === '' || status === 'DELETE_COMPLETE') return [];
  const written = stack.template.resources.get(logicalId);
  const globals = written?.type === 'AWS::Serverless::Function' ? stack.template.globals.Function : undefined;
  const shared: ValueMap = isMap(globals) ? globals : {};
  return [{ stack, way, logicalId, type, physicalId, properties: { ...shared, ...written?.properties } }];
}

/** A later deployment may have taken back what was written: then a plan of what is deployed has something to do again. */
function planProofs(document: PlanDocument, product: Product): readonly Proof[] {
  const subject = { check: 'plan', item: null, of: undefined } as const;
  const patches = document.stacks.flatMap(({ template: path, patches: own }) =>
    own.map((patch) => ({ path, patch })),
  );
  const open = patches.filter(({ patch }) => patch.risk !== 'blocked');
  if (open.length === 0)
    return [proof(subject, 'alive', 'the deployed templates have all that idp-fix would write')];
  const items = itemsOf(product);
  return open.map(({ path, patch }) => {
    const isSafe = patch.risk === 'safe';
    const item = items.get(patch.remediation) ?? null;
    const of = { ...subject, check: `plan: ${patch.id}`, item };
    const hint =
      'a later deployment has taken it back, or it was never deployed; idp-fix change-set create brings it';
    return proof(
      of,
      isSafe ? 'dead' : 'unproven',
      `${path} lacks it${patch.fixes.length === 0 ? '' : ` for ${patch.fixes.join(', ')}`}${isSafe ? '' : ', which needs approval'}`,
      hint,
    );
  });
}

const order: Readonly<Record<ProofStatus, number>> = { dead: 0, unknown: 1, unproven: 2, alive: 3 };

function inOrder(proofs: readonly Proof[]): readonly Proof[] {
  const key = ({ status, stack, logicalId, check }: Proof) =>
    [order[status], stack, logicalId ?? '', check].join('\0');
  return [...proofs].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}
