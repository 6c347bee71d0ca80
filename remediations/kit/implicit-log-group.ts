import {
  type Facts,
  isMap,
  type LogGroupUser,
  type Need,
  type ResourceView,
  type ValueMap,
  type Want,
} from '../../src/remediation.js';
import { logGroup } from './companions.js';

/** Which log group a function has that is judged for itself; `undefined` when it makes its own. */
export function ownLogGroup(view: ResourceView, facts: Facts): string | undefined {
  if (facts.functionKind(view).isEdge) return 'it runs at the edge and logs in the Region of the visitor';
  const configured = view.read('LoggingConfig', 'LogGroup').every(({ outcome }) => outcome.kind !== 'absent');
  if (configured) return 'it logs to the group its LoggingConfig names';
  const declared = [...view.stack.template.resources.keys()].find(
    (id) => facts.logGroupClass(view.stack, id)?.owner === view.logicalId,
  );
  return declared === undefined ? undefined : `it logs to ${declared}, which is judged itself`;
}

/** The id of the log group a function would get. */
export function newGroupId({ stack, logicalId }: ResourceView, facts: Facts): string {
  return facts.freeId(stack, `${logicalId}LogGroup`);
}

/** What names a group in a setting of its own, in the same template, without a name that stands in the way of a new one. */
function canFollow({ view, isName }: LogGroupUser, { stack, condition }: ResourceView): boolean {
  const follows = ['AWS::Logs::MetricFilter', 'AWS::Logs::QueryDefinition', 'AWS::Logs::SubscriptionFilter'];
  const isThere = condition === undefined || condition === view.condition;
  return (
    isName &&
    isThere &&
    view.stack === stack &&
    follows.includes(view.type) &&
    view.expression('FilterName') === undefined
  );
}

/**
 * A log group in the template, of another name than the one the function has made for itself meanwhile, and the setting
 * that makes the function use it; it keeps its logs as long as the others of the template do. Filters and queries go with
 * the function.
 * @returns why the function has to stay with the group it has, where something else cannot follow it
 */
export function declareLogGroup(
  view: ResourceView,
  properties: ValueMap,
  facts: Facts,
): { readonly wants: readonly Want[]; readonly needs: readonly Need[] } | { readonly stays: string } {
  const { logicalId, condition } = view;
  // A statement on the old group is none too many.
  const users = facts.implicitLogGroupUsers(view).filter((user) => !user.view.type.startsWith('AWS::IAM::'));
  const left = users.filter((user) => !canFollow(user, view));
  if (left.length > 0) {
    const names = [...new Set(left.map((user) => user.view.logicalId))];
    return {
      stays: `${names.join(', ')} ${names.length === 1 ? 'goes' : 'go'} by the name of that group, and would be left with the old one: declare the group and point ${names.length === 1 ? 'it' : 'them'} there`,
    };
  }
  const group = newGroupId(view, facts);
  // An expression only: a number may be what another fix is about to change.
  const retention = facts.habit(view.stack, 'AWS::Logs::LogGroup', 'RetentionInDays');
  const habit: ValueMap = isMap(retention) ? { RetentionInDays: retention } : {};
  const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  return {
    wants: [
      { path: ['Properties', 'LoggingConfig', 'LogGroup'], value: { Ref: group }, individual: true },
      ...users.map(
        (user): Want => ({ logicalId: user.view.logicalId, path: user.path, value: { Ref: group } }),
      ),
    ],
    needs: [
      logGroup({ logicalId: group, condition }, { ...habit, ...properties }),
      { kind: 'permission', logicalId, actions, resource: { 'Fn::GetAtt': [group, 'Arn'] } },
    ],
  };
}
