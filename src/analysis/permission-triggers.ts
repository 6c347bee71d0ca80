import type { Trigger } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import { textPatternsOf } from '../expressions/patterns.js';
import type { FindFunctions, Member } from './references.js';
import { type FoundTrigger, triggerFrom } from './trigger-places.js';

/** Whom an `AWS::Lambda::Permission` admits; `confirms` are the sources of triggers that already explain it. */
export interface Caller {
  readonly invocation: Trigger['invocation'];
  readonly source: string;
  readonly confirms: readonly string[];
}

function caller(source: string, invocation: Trigger['invocation'], ...confirms: readonly string[]): Caller {
  return { invocation, source, confirms: [source, ...confirms] };
}

/** By the first label of the service principal. */
const callers: Readonly<Record<string, Caller>> = {
  'alexa-appkit': caller('api', 'sync'),
  'alexa-connectedhome': caller('api', 'sync'),
  apigateway: caller('api', 'sync', 'identity'),
  appconfig: caller('operations', 'unknown'),
  appflow: caller('records', 'sync'),
  appsync: caller('identity', 'sync', 'api'),
  autoscaling: caller('operations', 'sync'),
  batchoperations: caller('records', 'sync'),
  'bedrock-agentcore': caller('api', 'sync'),
  bedrock: caller('api', 'sync'),
  chime: caller('api', 'unknown'),
  cloudformation: caller('custom-resource', 'async', 'operations'),
  codecommit: caller('operations', 'async'),
  codepipeline: caller('operations', 'async'),
  'cognito-idp': caller('identity', 'sync'),
  'cognito-sync': caller('identity', 'sync'),
  config: caller('operations', 'async'),
  connect: caller('api', 'sync'),
  edgelambda: caller('api', 'sync'),
  elasticloadbalancing: caller('api', 'sync'),
  events: caller('event-rule', 'async', 'schedule', 'records', 'operations'),
  healthlake: caller('identity', 'sync'),
  iot: caller('records', 'async', 'identity'),
  iotanalytics: caller('records', 'sync'),
  iotevents: caller('records', 'async'),
  ivschat: caller('api', 'sync'),
  lambda: caller('operations', 'async'),
  lex: caller('api', 'sync'),
  lexv2: caller('api', 'sync'),
  logs: caller('records', 'async'),
  pinpoint: caller('records', 'unknown'),
  s3: caller('records', 'async'),
  scheduler: caller('schedule', 'async'),
  secretsmanager: caller('operations', 'sync'),
  ses: caller('records', 'async'),
  sns: caller('records', 'async', 'operations'),
  transfer: caller('identity', 'sync'),
  'vpc-lattice': caller('api', 'sync'),
};

const urlCaller = caller('api', 'sync');

/** Another account, or a service this table does not know: how it calls, nothing here says. */
const outsideCaller: Caller = { invocation: 'unknown', source: 'direct', confirms: [] };

/** How a service calls; `undefined` for what is no service, or one this table does not know. */
export function serviceCaller(principal: string): Caller | undefined {
  const label = principal.split('.', 1)[0] ?? '';
  const isService = /\.amazon(?:aws)?\.|\.\$\{AWS::URLSuffix\}$/.test(principal);
  return isService && Object.hasOwn(callers, label) ? callers[label] : undefined;
}

/** A permission tells of a caller that is not in the templates, or not where one would look. */
export function permissionTriggers(
  view: ResourceView,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  if (view.type !== 'AWS::Lambda::Permission') return [];
  return textPatternsOf(view.properties.Principal, view.stack).flatMap((principal) => {
    const known = serviceCaller(principal);
    const isUrl = view.properties.FunctionUrlAuthType !== undefined;
    const { invocation, source, confirms } = known ?? (isUrl ? urlCaller : outsideCaller);
    return find(view.properties.FunctionName, view.stack)
      .filter((member) => !triggers(member).some((trigger) => confirms.includes(trigger.source)))
      .map((member) => ({
        member,
        trigger: triggerFrom(view, member, { invocation, source }, `permission for ${principal} in`),
      }));
  });
}
