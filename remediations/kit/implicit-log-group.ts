import type { Facts, Need, ResourceView, ValueMap, Want } from '../../src/remediation.js';
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

/**
 * A log group in the template, of another name than the one the function has made for itself meanwhile, and the setting
 * that makes the function use it.
 */
export function declareLogGroup(
  view: ResourceView,
  properties: ValueMap,
  facts: Facts,
): { readonly wants: readonly Want[]; readonly needs: readonly Need[] } {
  const { logicalId, condition } = view;
  const group = newGroupId(view, facts);
  const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  return {
    wants: [{ path: ['Properties', 'LoggingConfig', 'LogGroup'], value: { Ref: group }, individual: true }],
    needs: [
      logGroup({ logicalId: group, condition }, properties),
      { kind: 'permission', logicalId, actions, resource: { 'Fn::GetAtt': [group, 'Arn'] } },
    ],
  };
}
