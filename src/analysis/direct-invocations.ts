import type { ResourceView } from '../contract/resource-view.js';
import { isMap, type Value } from '../document/value.js';
import type { StackTree } from '../template/template.js';
import { namesOf, textsOf } from '../template/texts.js';
import { matchesWildcard } from '../template/wildcard.js';
import { type FindFunctions, functionsOf, type Member } from './function-references.js';
import { permissionsOf } from './roles.js';
import type { PolicyStatement } from './statements.js';
import type { FoundTrigger } from './trigger-places.js';
import { viewResources } from './view.js';

/** Who runs with a role of its own and can call functions by themselves, and how that reads. */
const invokers: Readonly<Record<string, { readonly source: string; readonly says: string }>> = {
  'AWS::CodeBuild::Project': { source: 'operations', says: 'called by build project' },
  'AWS::Lambda::Function': { source: 'direct', says: 'called by function' },
  'AWS::Serverless::Function': { source: 'direct', says: 'called by function' },
  'AWS::Serverless::StateMachine': { source: 'state-machine', says: 'state machine' },
  'AWS::StepFunctions::StateMachine': { source: 'state-machine', says: 'state machine' },
};

/** Calls by those whose role allows `lambda:InvokeFunction` on a function. A function allowed to call itself does so. */
export function directInvocations(tree: StackTree, find: FindFunctions): readonly FoundTrigger[] {
  const functions = functionsOf(tree);
  return viewResources(tree, Object.keys(invokers)).flatMap((view) =>
    permissionsOf(view)
      .statements.filter(isInvocation)
      .flatMap((statement) =>
        called(statement, view, find, functions).map((member) => call(view, member, statement)),
      ),
  );
}

function isInvocation({ effect, actions = [] }: PolicyStatement): boolean {
  return (
    effect === 'Allow' && actions.some((action) => /^lambda:(\*|Invoke(\*|Function|Async)?)$/i.test(action))
  );
}

function call(view: ResourceView, member: Member, { actions = [] }: PolicyStatement): FoundTrigger {
  if (view.stack === member.stack && view.logicalId === member.logicalId) {
    // A function that waited for itself would pay twice and could wait for ever.
    const description = 'may invoke itself, which is only of use asynchronously';
    return { member, trigger: { invocation: 'async', source: 'self', description, from: view.logicalId } };
  }
  const { source, says } = invokers[view.type] ?? { source: 'direct', says: 'called by' };
  const isNear = view.stack === member.stack;
  const description = `${says} ${view.logicalId}${isNear ? '' : ` of ${view.stack.template.path}`}`;
  const invocation = actions.every((action) => /^lambda:InvokeAsync$/i.test(action)) ? 'async' : 'sync';
  return {
    member,
    trigger: { invocation, source, description, ...(isNear ? { from: view.logicalId } : {}) },
  };
}

function called(
  { resources = [], stack }: PolicyStatement,
  view: ResourceView,
  find: FindFunctions,
  functions: readonly Member[],
): readonly Member[] {
  return resources.flatMap((resource) => {
    const named = find(resource, stack);
    if (named.length > 0) return named;
    const patterns = textsOf(resource, stack).map(functionPattern);
    const matched = functions.filter((member) => patterns.some((pattern) => isMatched(pattern, member)));
    // A pattern that is not about single functions says no more than `*`: what the caller knows of decides.
    return isSpecific(resource, patterns, matched) ? matched : find(environmentOf(view), view.stack);
  });
}

function functionPattern(text: string): string {
  return text.replace(/^.*:function:/, '').replace(/:(?:\*|\$LATEST|[\w-]+)$/, '');
}

function isMatched(pattern: string, { stack, logicalId }: Member): boolean {
  return namesOf(stack, logicalId).some((name) => matchesWildcard(pattern, name));
}

function isSpecific(resource: Value, patterns: readonly string[], matched: readonly Member[]): boolean {
  const hasWords = patterns.every(
    (pattern) => pattern.replace(/\$\{[^}]*\}/g, '').replace(/[^A-Za-z0-9]/g, '').length > 2,
  );
  return resource !== '*' && hasWords && matched.length === 1;
}

function environmentOf(view: ResourceView): readonly Value[] {
  const variables = view.expression('Environment', 'Variables');
  return isMap(variables) ? Object.values(variables) : [];
}
