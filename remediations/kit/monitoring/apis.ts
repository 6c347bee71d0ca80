import { isMap, type ResourceView, type Stack, type Value } from '../../../src/remediation.js';
import { functionTypes } from '../functions.js';
import { isGiven } from '../values.js';
import { count, failureRate, metricsBy, type Rule, type Rules, type Watch } from './rule.js';

const namespace = 'AWS/ApiGateway';

/**
 * An API of the REST kind is told by its name, over all stages.
 * @source https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
export function restApiRules(view: ResourceView, watch: Watch): Rules {
  const name = restApiName(view);
  if (name === undefined) {
    return {
      because: 'metrics tell APIs by their names, and its name stands in a file outside the template',
    };
  }
  return [restRule(name, 'ServerErrorsAlarm', watch)];
}

/** Its own name, or the title of its definition; SAM takes the name of the stack where it writes the definition. */
function restApiName(view: ResourceView): Value | undefined {
  const name = view.expression('Name');
  if (name !== undefined) return name;
  const isServerless = view.type === 'AWS::Serverless::Api';
  const title = view.expression(isServerless ? 'DefinitionBody' : 'Body', 'info', 'title');
  if (title !== undefined) return title;
  const isWritten = isServerless && ['DefinitionBody', 'DefinitionUri'].every((key) => !isGiven(view, key));
  return isWritten ? { Ref: 'AWS::StackName' } : undefined;
}

function restRule(name: Value, suffix: string, { thresholds }: Watch): Rule {
  const metric = metricsBy(namespace, [{ Name: 'ApiName', Value: name }]);
  return failureRate(
    {
      suffix,
      description: 'too many of its answers are errors of its own',
      threshold: thresholds.apiErrorPercent,
    },
    metric('Count', 'Sum'),
    [metric('5XXError', 'Sum')],
    thresholds.rateFromRequests,
  );
}

/** APIs of the HTTP kind, and those that keep connections open. */
export function httpApiRules(view: ResourceView, watch: Watch): Rules {
  const isSocket =
    view.type === 'AWS::Serverless::WebSocketApi' ||
    view
      .read('ProtocolType')
      .some(({ outcome }) => outcome.kind === 'value' && outcome.value === 'WEBSOCKET');
  if (!isSocket) return [httpRule(view.logicalId, 'ServerErrorsAlarm', watch)];
  const metric = metricsBy(namespace, [{ Name: 'ApiId', Value: { Ref: view.logicalId } }]);
  return [
    count('ExecutionErrorsAlarm', 'messages fail in it', metric('ExecutionError', 'Sum')),
    count('IntegrationErrorsAlarm', 'what it calls answers with errors', metric('IntegrationError', 'Sum')),
  ];
}

function httpRule(logicalId: string, suffix: string, { thresholds }: Watch): Rule {
  const metric = metricsBy(namespace, [{ Name: 'ApiId', Value: { Ref: logicalId } }]);
  return failureRate(
    {
      suffix,
      description: 'too many of its answers are errors of its own',
      threshold: thresholds.apiErrorPercent,
    },
    metric('Count', 'Sum'),
    [metric('5xx', 'Sum')],
    thresholds.rateFromRequests,
  );
}

/** `AWS/AppSync` tells APIs by an id that `Ref` does not give. */
export function graphqlApiRules(view: ResourceView): Rules {
  const metric = metricsBy('AWS/AppSync', [
    { Name: 'GraphQLAPIId', Value: { 'Fn::GetAtt': [view.logicalId, 'ApiId'] } },
  ]);
  return [count('ServerErrorsAlarm', 'it answers with errors of its own', metric('5XXError', 'Sum'))];
}

/** The kinds of events SAM makes an API for where none is named, and what names one. */
const generated = [
  { event: 'Api', names: 'RestApiId', logicalId: 'ServerlessRestApi' },
  { event: 'HttpApi', names: 'ApiId', logicalId: 'ServerlessHttpApi' },
] as const;

/**
 * The API that SAM makes for functions that name none stands nowhere in the template: the first of them has its alarms.
 * SAM makes it only under a condition where all of them have one; then nobody knows its name, and it is left out.
 * @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
 */
export function generatedApiRules(view: ResourceView, watch: Watch): readonly Rule[] {
  if (view.type !== functionTypes[1]) return [];
  return generated.flatMap(({ event, names, logicalId }) => {
    const users = usersOf(view.stack, event, names, watch);
    const isFirst = users[0]?.logicalId === view.logicalId;
    if (!isFirst || users.some(({ condition }) => condition !== view.condition)) return [];
    return event === 'Api'
      ? [{ ...restRule({ Ref: 'AWS::StackName' }, 'ApiServerErrorsAlarm', watch), description: apiOf(view) }]
      : [{ ...httpRule(logicalId, 'HttpApiServerErrorsAlarm', watch), description: apiOf(view) }];
  });
}

function apiOf({ logicalId }: ResourceView): string {
  return `too many answers of the API that calls ${logicalId} are errors of its own`;
}

function usersOf(stack: Stack, event: string, names: string, { facts }: Watch): readonly ResourceView[] {
  return facts.resources(functionTypes[1]).filter((each) => {
    const events = each.expression('Events');
    return (
      each.stack === stack &&
      Object.values(isMap(events) ? events : {}).some(
        (source) =>
          isMap(source) &&
          source.Type === event &&
          !(isMap(source.Properties) && Object.hasOwn(source.Properties, names)),
      )
    );
  });
}
