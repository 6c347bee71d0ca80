import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { referencesIn } from './consumers.js';
import { mergedProperties } from './globals.js';
import type { Template, TemplateResource } from './template.js';

const generated = new WeakMap<Template, readonly Generated[]>();

/**
 * The resources the SAM transform adds to those of the template, each once, with what they need. Ids that carry a
 * hash (deployments, versions, domains) stand without it.
 * @source https://github.com/aws/serverless-application-model/blob/develop/docs/internals/generated_resources.rst
 */
export function generatedResources(template: Template): readonly Generated[] {
  const known = generated.get(template);
  if (known !== undefined) return known;
  const ofResources = template.isSam
    ? [...template.resources.values()].flatMap((resource) => madeFor(resource, template))
    : [];
  const made = [...ofResources, ...implicitApis(ofResources, template)];
  const byId = new Map<string, Generated>();
  for (const each of made) {
    const same = byId.get(each.logicalId);
    byId.set(
      each.logicalId,
      same === undefined ? each : { ...same, companions: [...same.companions, ...each.companions] },
    );
  }
  const all = [...byId.values()].filter(({ logicalId }) => !template.resources.has(logicalId));
  generated.set(template, all);
  return all;
}

/** The APIs that events without one share take their settings from `Globals` alone. */
function implicitApis(made: readonly Generated[], { globals }: Template): readonly Generated[] {
  const isMade = (id: string): boolean => made.some(({ logicalId }) => logicalId === id);
  const settings = (section: string): ValueMap => {
    const written = globals[section];
    return isMap(written) ? written : {};
  };
  return [
    ...(isMade('ServerlessRestApi')
      ? apiResources('ServerlessRestApi', { ...settings('Api'), StageName: 'Prod' })
      : []),
    ...(isMade('ServerlessHttpApi') ? httpApiResources('ServerlessHttpApi', settings('HttpApi')) : []),
  ];
}

function madeFor(resource: TemplateResource, template: Template): readonly Generated[] {
  const { logicalId: id } = resource;
  const properties = mergedProperties(template, resource);
  const own = connectors(id, resource.body.Connectors);
  switch (resource.type) {
    case 'AWS::Serverless::Function':
      return [...own, ...functionResources(id, properties)];
    case 'AWS::Serverless::StateMachine':
      return [...own, ...stateMachineResources(id, properties)];
    case 'AWS::Serverless::Api':
      return [...own, ...apiResources(id, properties)];
    case 'AWS::Serverless::HttpApi':
      return [...own, ...httpApiResources(id, properties)];
    case 'AWS::Serverless::WebSocketApi':
      return [...own, ...webSocketApiResources(id, properties)];
    case 'AWS::Serverless::Connector':
      return connectors('', { [id]: { Properties: properties } });
    default:
      return own;
  }
}

function functionResources(id: string, properties: ValueMap): readonly Generated[] {
  const { Policies: policies, DeadLetterQueue: queue, EventInvokeConfig: invoke } = properties;
  const made: Generated[] = [];
  if (isRoleMade(properties.Role)) {
    const companions = [
      policies,
      queue,
      destinationsOf(invoke),
      properties.PermissionsBoundary,
      properties.AssumeRolePolicyDocument,
    ];
    made.push({
      logicalId: `${id}Role`,
      owner: id,
      companions: companions.flatMap(referencesIn),
      isOwnedFirst: true,
    });
  }
  const alias = properties.AutoPublishAlias;
  if (isGiven(alias)) {
    made.push({ logicalId: `${id}Version`, owner: id, companions: [id] });
    made.push({ logicalId: `${id}Alias${textIn(alias, '')}`, owner: id, companions: [id, `${id}Version`] });
    made.push(...deployment(id, properties.DeploymentPreference));
  }
  const url = properties.FunctionUrlConfig;
  if (isMap(url)) {
    made.push({ logicalId: `${id}Url`, owner: id, companions: [id] });
    if (url.AuthType === 'NONE') {
      made.push({ logicalId: `${id}UrlPublicPermissions`, owner: id, companions: [id] });
      made.push({ logicalId: `${id}URLInvokeAllowPublicAccess`, owner: id, companions: [id] });
    }
  }
  if (isMap(invoke)) made.push(...invokeConfig(id, invoke));
  return [...made, ...functionEvents(id, properties)];
}

/** Without a role SAM makes one; a choice whose one side is `AWS::NoValue` makes one for that side. */
function isRoleMade(role: Value | undefined): boolean {
  const choice = isMap(role) ? role['Fn::If'] : undefined;
  return (
    role === undefined ||
    role === null ||
    (isList(choice) && choice.some((side) => isMap(side) && side.Ref === 'AWS::NoValue'))
  );
}

function destinationsOf(invoke: Value | undefined): Value | undefined {
  return isMap(invoke) ? invoke.DestinationConfig : undefined;
}

function invokeConfig(id: string, invoke: ValueMap): readonly Generated[] {
  const config = `${id}EventInvokeConfig`;
  const destinations = destinationsOf(invoke);
  const queues = (['OnSuccess', 'OnFailure'] as const).flatMap((name): Generated[] => {
    const destination = isMap(destinations) ? destinations[name] : undefined;
    const isMade =
      isMap(destination) &&
      destination.Destination === undefined &&
      (destination.Type === 'SQS' || destination.Type === 'SNS');
    return isMade
      ? [
          {
            logicalId: `${config}${name}${destination.Type === 'SQS' ? 'Queue' : 'Topic'}`,
            owner: id,
            companions: [],
          },
        ]
      : [];
  });
  const made = queues.map(({ logicalId }) => logicalId);
  return [
    ...queues,
    { logicalId: config, owner: id, companions: [id, ...made, ...referencesIn(destinations)] },
  ];
}

/** CodeDeploy shifts the alias; application and role are shared by all functions. */
function deployment(id: string, preference: Value | undefined): readonly Generated[] {
  if (!isMap(preference) || preference.Enabled === false) return [];
  const application = { logicalId: 'ServerlessDeploymentApplication', owner: id, companions: [] };
  const role = isGiven(preference.Role)
    ? []
    : [{ logicalId: 'CodeDeployServiceRole', owner: id, companions: [] }];
  const companions = [application, ...role].map(({ logicalId }) => logicalId);
  return [
    application,
    ...role,
    {
      logicalId: `${id}DeploymentGroup`,
      owner: id,
      companions: [...companions, ...referencesIn(preference)],
    },
  ];
}

function stateMachineResources(id: string, properties: ValueMap): readonly Generated[] {
  const made: Generated[] = [];
  if (!isGiven(properties.Role)) {
    const companions = [properties.Policies, properties.PermissionsBoundary].flatMap(referencesIn);
    made.push({ logicalId: `${id}Role`, owner: id, companions, isOwnedFirst: true });
  }
  const alias = properties.AutoPublishAlias;
  if (isGiven(alias)) {
    made.push({ logicalId: `${id}Version`, owner: id, companions: [id] });
    made.push({ logicalId: `${id}Alias${textIn(alias, '')}`, owner: id, companions: [id, `${id}Version`] });
  }
  return [...made, ...stateMachineEvents(id, properties.Events)];
}

/** A policy (or permission) per destination. */
function connectors(source: string, written: Value | undefined): readonly Generated[] {
  return Object.entries(isMap(written) ? written : {}).flatMap(([name, connector]) => {
    const properties = isMap(connector) ? connector.Properties : undefined;
    if (!isMap(properties)) return [];
    const destinations = isList(properties.Destination)
      ? properties.Destination
      : [properties.Destination ?? null];
    const from = source === '' ? endOf(properties.Source) : [source];
    return destinations.map((destination, index) => ({
      logicalId: `${source}${name}Policy${index === 0 ? '' : index}`,
      owner: source === '' ? name : source,
      companions: [...from, ...endOf(destination)],
    }));
  });
}

function endOf(end: Value | undefined): readonly string[] {
  const id = isMap(end) ? end.Id : undefined;
  return typeof id === 'string' ? [id] : referencesIn(end);
}

/** Properties that go to the stage, which needs the API and not the other way round. */
const stageProperties = [
  'AccessLogSetting',
  'AccessLogSettings',
  'CanarySetting',
  'DefaultRouteSettings',
  'MethodSettings',
  'RouteSettings',
  'StageVariables',
  'Variables',
  'StageName',
];

function stageNeeds(properties: ValueMap): readonly string[] {
  return stageProperties.flatMap((name) => referencesIn(properties[name]));
}

/** What SAM makes beside an `AWS::Serverless::Api`. */
function apiResources(id: string, properties: ValueMap): readonly Generated[] {
  const stageId = `${id}${textIn(properties.StageName, '')}Stage`;
  return [
    { logicalId: `${id}Deployment`, owner: id, companions: [id] },
    { logicalId: stageId, owner: id, companions: [id, `${id}Deployment`, ...stageNeeds(properties)] },
    ...authorizers(id, properties.Auth, ({ DisableFunctionDefaultPermissions: isOff }) => isOff !== true),
    ...usagePlan(id, stageId, properties.Auth),
    ...domain(id, properties.Domain),
  ];
}

function httpApiResources(id: string, properties: ValueMap): readonly Generated[] {
  return [
    {
      logicalId: `${id}${textIn(properties.StageName, 'ApiGatewayDefault')}Stage`,
      owner: id,
      companions: [id, ...stageNeeds(properties)],
    },
    ...authorizers(id, properties.Auth, ({ EnableFunctionDefaultPermissions: isOn }) => isOn === true),
    ...domain(id, properties.Domain),
  ];
}

function webSocketApiResources(id: string, properties: ValueMap): readonly Generated[] {
  const { Routes: routes, Auth: auth } = properties;
  const perRoute = Object.entries(isMap(routes) ? routes : {}).flatMap(([name, route]): Generated[] => {
    const companions = [id, ...referencesIn(route)];
    return ['Route', 'Integration', 'Permission'].map((part) => ({
      logicalId: `${id}${name}${part}`,
      owner: id,
      companions,
    }));
  });
  const authorizer = isMap(auth) && isGiven(auth.AuthArn) ? ['Authorizer', 'AuthorizerPermission'] : [];
  const companions = [id, ...referencesIn(auth)];
  return [
    { logicalId: `${id}Stage`, owner: id, companions: [id, ...stageNeeds(properties)] },
    ...perRoute,
    ...authorizer.map((part) => ({ logicalId: `${id}${part}`, owner: id, companions })),
    ...domain(id, properties.Domain),
  ];
}

function authorizers(
  id: string,
  auth: Value | undefined,
  isPermitted: (authorizer: ValueMap) => boolean,
): readonly Generated[] {
  const declared = isMap(auth) ? auth.Authorizers : undefined;
  return Object.entries(isMap(declared) ? declared : {}).flatMap(([name, authorizer]) =>
    isMap(authorizer) && isGiven(authorizer.FunctionArn) && isPermitted(authorizer)
      ? [
          {
            logicalId: `${id}${name}AuthorizerPermission`,
            owner: id,
            companions: [id, ...referencesIn(authorizer.FunctionArn)],
          },
        ]
      : [],
  );
}

function usagePlan(id: string, stageId: string, auth: Value | undefined): readonly Generated[] {
  const plan = isMap(auth) ? auth.UsagePlan : undefined;
  const kind = isMap(plan) ? plan.CreateUsagePlan : undefined;
  const names =
    kind === 'PER_API'
      ? [`${id}UsagePlan`, `${id}ApiKey`, `${id}UsagePlanKey`]
      : kind === 'SHARED'
        ? ['ServerlessUsagePlan', 'ServerlessApiKey', 'ServerlessUsagePlanKey']
        : [];
  return names.map((logicalId) => ({ logicalId, owner: id, companions: [id, stageId] }));
}

/** A domain is shared by the APIs that name it, its record set by those in one hosted zone. */
function domain(id: string, written: Value | undefined): readonly Generated[] {
  if (!isMap(written)) return [];
  const { DomainName: name = null, BasePath: paths, Route53: zone } = written;
  const domainId = `Domain ${JSON.stringify(name)}`;
  const mapped = isList(paths) && paths.length > 0 ? paths : [''];
  const mappings = mapped.map((path) => ({
    logicalId: `${id}${typeof path === 'string' ? path : JSON.stringify(path)}BasePathMapping`,
    owner: id,
    companions: [id, domainId],
  }));
  const zoneId = isMap(zone)
    ? JSON.stringify([zone.HostedZoneId ?? null, zone.HostedZoneName ?? null])
    : undefined;
  const records =
    zoneId === undefined
      ? []
      : [{ logicalId: `RecordSetGroup ${zoneId}`, owner: id, companions: [domainId, ...referencesIn(zone)] }];
  return [{ logicalId: domainId, owner: id, companions: referencesIn(written) }, ...mappings, ...records];
}

/** A resource SAM makes for one of the template's. */
interface Generated {
  readonly logicalId: string;
  readonly owner: string;
  /** Logical ids and parameters. */
  readonly companions: readonly string[];
  /** The owner needs it, too: the role of a function. */
  readonly isOwnedFirst?: true;
  /** Other resources of the template that need it, too: the bucket whose notifications it permits. */
  readonly neededBy?: readonly string[];
}

const polled: ReadonlySet<string> = new Set([
  'SQS',
  'Kinesis',
  'DynamoDB',
  'MSK',
  'MQ',
  'SelfManagedKafka',
  'DocumentDB',
]);

/** What SAM makes for the events of a function. */
function functionEvents(id: string, properties: ValueMap): readonly Generated[] {
  return eventsOf(properties.Events).flatMap(([name, type, event]) =>
    functionEvent(id, `${id}${name}`, type, event),
  );
}

function functionEvent(id: string, eventId: string, type: string, event: ValueMap): readonly Generated[] {
  const permission: Generated = { logicalId: `${eventId}Permission`, owner: id, companions: [id] };
  const made: Generated = { logicalId: eventId, owner: id, companions: [id, ...referencesIn(event)] };
  const permitted: Generated = { ...permission, companions: [id, eventId] };
  if (polled.has(type)) return [made];
  switch (type) {
    case 'Schedule':
    case 'CloudWatchEvent':
    case 'EventBridgeRule':
      return [made, permitted, ...deadLetters(id, eventId, event, true)];
    case 'ScheduleV2':
      return [made, ...eventRole(id, eventId, event), ...deadLetters(id, eventId, event, false)];
    case 'IoTRule':
      return [made, permitted];
    case 'CloudWatchLogs':
      return [{ ...made, companions: [...made.companions, permission.logicalId] }, permission];
    case 'SNS':
      return topic(made, { ...permission, companions: made.companions }, event.SqsSubscription);
    case 'S3':
      return [{ ...permission, neededBy: referencesIn(event.Bucket) }];
    case 'Cognito':
      return [{ ...permission, logicalId: `${id}CognitoPermission`, companions: made.companions }];
    case 'Api':
      return [
        { ...permission, companions: made.companions },
        ...(event.RestApiId === undefined ? [implicitApi(id, 'ServerlessRestApi')] : []),
      ];
    case 'HttpApi':
      return [
        { ...permission, companions: made.companions },
        ...(event.ApiId === undefined ? [implicitApi(id, 'ServerlessHttpApi')] : []),
      ];
    default:
      return [permission];
  }
}

/** What SAM makes for the events of a state machine: a rule or a schedule, and a role that starts it. */
function stateMachineEvents(id: string, events: Value | undefined): readonly Generated[] {
  return eventsOf(events).flatMap(([name, type, event]): readonly Generated[] => {
    const eventId = `${id}${name}`;
    const made: Generated = {
      logicalId: eventId,
      owner: id,
      companions: [id, `${eventId}Role`, ...referencesIn(event)],
    };
    const role = eventRole(id, eventId, event);
    if (type !== 'Api') return [made, ...role, ...deadLetters(id, eventId, event, type !== 'ScheduleV2')];
    const isImplicit = event.RestApiId === undefined;
    return [...role, ...(isImplicit ? [implicitApi(id, 'ServerlessRestApi')] : [])];
  });
}

function eventsOf(events: Value | undefined): readonly (readonly [string, string, ValueMap])[] {
  return Object.entries(isMap(events) ? events : {}).flatMap(([name, event]) => {
    const type = isMap(event) ? event.Type : undefined;
    const properties = isMap(event) ? event.Properties : undefined;
    return typeof type === 'string' ? [[name, type, isMap(properties) ? properties : {}] as const] : [];
  });
}

function eventRole(id: string, eventId: string, event: ValueMap): readonly Generated[] {
  return event.RoleArn === undefined ? [{ logicalId: `${eventId}Role`, owner: id, companions: [id] }] : [];
}

/** The queue of an event without an ARN of one; the policy admits the rule. */
function deadLetters(
  id: string,
  eventId: string,
  event: ValueMap,
  withPolicy: boolean,
): readonly Generated[] {
  const config = event.DeadLetterConfig;
  if (!isMap(config) || config.Arn !== undefined) return [];
  const named = config.QueueLogicalId;
  const queue: Generated = {
    logicalId: typeof named === 'string' ? named : `${eventId}Queue`,
    owner: id,
    companions: [],
  };
  const policy: Generated = {
    logicalId: `${eventId}QueuePolicy`,
    owner: id,
    companions: [queue.logicalId, eventId],
  };
  return withPolicy ? [queue, policy] : [queue];
}

/** A topic calls the function, or fills a queue (its own or a given one) that the function polls. */
function topic(
  subscription: Generated,
  permission: Generated,
  queue: Value | undefined,
): readonly Generated[] {
  const { logicalId, owner, companions } = subscription;
  if (queue === undefined || queue === false) return [subscription, permission];
  const policyId = isMap(queue) ? queue.QueuePolicyLogicalId : undefined;
  const policy = {
    logicalId: typeof policyId === 'string' ? policyId : `${logicalId}QueuePolicy`,
    owner,
    companions: companions.slice(1),
  };
  const mapping = { logicalId: `${logicalId}EventSourceMapping`, owner, companions };
  const made = isMap(queue) ? [] : [{ logicalId: `${logicalId}Queue`, owner, companions: [] }];
  return [{ ...subscription, companions: companions.slice(1) }, policy, mapping, ...made];
}

/** The API SAM makes for events that name none; its definition has the ARNs of the functions. */
function implicitApi(id: string, apiId: string): Generated {
  return { logicalId: apiId, owner: id, companions: [id] };
}

/** A text as it stands, or what takes its place when it is an expression. */
function textIn(value: Value | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function isGiven(value: Value | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}
