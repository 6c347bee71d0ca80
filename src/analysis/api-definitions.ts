import { isMap } from '../document/value.js';
import type { StackTree } from '../template/template.js';
import type { FindFunctions } from './references.js';
import { authorizersOf } from './resource-triggers.js';
import { type FoundTrigger, triggerFrom } from './trigger-places.js';
import { viewResources } from './view.js';

const apiTypes: readonly string[] = [
  'AWS::Serverless::Api',
  'AWS::Serverless::HttpApi',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGatewayV2::Api',
];

/** Calls by APIs whose OpenAPI document lies in a file of its own. */
export function definedApiTriggers(tree: StackTree, find: FindFunctions): readonly FoundTrigger[] {
  return viewResources(tree, apiTypes).flatMap((view) => {
    const document = tree.code?.definitionOf(view.stack.template.path, view.logicalId);
    if (document === undefined || !isMap(document.value)) return [];
    const authorizers = authorizersOf(document.value, view.stack, find);
    return find(document.value, view.stack).map((member) => {
      const isAuthorizer = authorizers.some(
        ({ stack, logicalId }) => stack === member.stack && logicalId === member.logicalId,
      );
      const source = isAuthorizer ? 'identity' : 'api';
      const trigger = triggerFrom(view, member, { invocation: 'sync', source }, 'API');
      return { member, trigger: { ...trigger, seen: `${document.source.path} names it` } };
    });
  });
}
