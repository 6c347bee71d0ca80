import {
  compliant,
  type Facts,
  fixable,
  manual,
  type Need,
  type ResourceView,
  type Verdict,
} from '../../src/remediation.js';
import { isOfFunction, nextVersion } from '../kit/functions.js';
import { isNothing } from '../kit/values.js';

/** Where failed events of a function go. */
interface Place {
  /** Function or configuration that says so. */
  readonly view: ResourceView;
  readonly path: readonly string[];
  /** For reading: `it has a dead-letter queue`. */
  readonly says: string;
}

/** The verdict where failed events are kept already; `undefined` where they are not. */
export function existingTarget(
  view: ResourceView,
  acceptDestination: boolean,
  facts: Facts,
): Verdict | undefined {
  const queue = queueOf(view);
  const places = [queue, ...(acceptDestination ? destinationsOf(view, facts) : [])];
  const place = places.find((each) => isThere(each, 'every'));
  if (place !== undefined) return judgeTarget(view, place, facts);
  if (!isThere(queue, 'some')) return undefined;
  return manual(
    'it has a dead-letter queue in some deployments and none in others; whoever wrote the condition knows what is meant',
  );
}

function queueOf(view: ResourceView): Place {
  const property = view.type === 'AWS::Serverless::Function' ? 'DeadLetterQueue' : 'DeadLetterConfig';
  return { view, path: [property, 'TargetArn'], says: 'it has a dead-letter queue' };
}

const onFailure = ['DestinationConfig', 'OnFailure'];

function destinationsOf(view: ResourceView, facts: Facts): readonly Place[] {
  const own: Place = {
    view,
    path: ['EventInvokeConfig', ...onFailure],
    says: 'it has a destination for failed events',
  };
  const configurations = facts
    .usersOf(view, 'AWS::Lambda::EventInvokeConfig')
    .filter((each) => isOfFunction(each, view) && isWithFunction(each, view) && covers(each, view, facts));
  return [
    ...(view.type === 'AWS::Serverless::Function' ? [own] : []),
    ...configurations.map((each) => ({
      view: each,
      path: [...onFailure, 'Destination'],
      says: `${each.logicalId} gives it a destination for failed events`,
    })),
  ];
}

/** A configuration under a condition of its own is not there in every deployment. */
function isWithFunction({ condition }: ResourceView, view: ResourceView): boolean {
  return condition === undefined || condition === view.condition;
}

/** What is said of a version or an alias does not hold for the function itself. */
function covers(configuration: ResourceView, view: ResourceView, facts: Facts): boolean {
  const isLatest = configuration
    .read('Qualifier')
    .every(({ outcome }) => outcome.kind === 'value' && outcome.value === '$LATEST');
  return isLatest || facts.functionKind(view).isVersioned;
}

function isThere({ view, path }: Place, quantity: 'every' | 'some'): boolean {
  return view.read(...path)[quantity](({ outcome }) => !isNothing(outcome));
}

/** What is there must also be a queue that Lambda takes, and the function must be able to write to it. */
function judgeTarget(view: ResourceView, { view: said, path, says }: Place, facts: Facts): Verdict {
  const isSamDestination = said === view && path[0] === 'EventInvokeConfig';
  const [branch] = said.read(...path, ...(isSamDestination ? ['Destination'] : []));
  const outcome = branch?.outcome;
  const queue = outcome?.kind === 'resource' ? facts.resource(outcome.stack, outcome.logicalId) : undefined;
  if (queue?.type !== 'AWS::SQS::Queue') return compliant(says);
  if (queue.read('FifoQueue').some(({ outcome: { kind } }) => kind !== 'absent')) {
    return manual(`${says}, but ${queue.logicalId} is a FIFO queue, which takes no failed events`);
  }
  const state = facts.keyState(queue, ['KmsMasterKeyId']);
  if (state.kind === 'unusable') return manual(`${says}, but what it sends there is lost: ${state.because}`);
  const key = facts.keyNamed(queue.stack, queue.expression('KmsMasterKeyId'));
  if (key === undefined || queue.stack !== view.stack) return compliant(says);
  const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const missing = actions.filter((action) => facts.allows(view, action, key.arn) === 'no');
  if (missing.length === 0) return compliant(says);
  const need: Need = { kind: 'permission', logicalId: view.logicalId, actions: missing, resource: key.arn };
  return fixable(
    `${says}, but may not use the key of ${queue.logicalId} (${missing.join(', ')}), so what it sends there is lost`,
    {
      wants: [],
      needs: [need],
      ...(facts.functionKind(view).isVersioned && { leaves: [nextVersion] }),
    },
  );
}
