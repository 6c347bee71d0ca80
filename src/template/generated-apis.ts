import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { type Generated, isGiven, textIn } from './generated-events.js';
import { referencesIn } from './referenced.js';

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
export function apiResources(id: string, properties: ValueMap): readonly Generated[] {
  const stageId = `${id}${textIn(properties.StageName, '')}Stage`;
  return [
    { logicalId: `${id}Deployment`, owner: id, needs: [id] },
    { logicalId: stageId, owner: id, needs: [id, `${id}Deployment`, ...stageNeeds(properties)] },
    ...authorizers(id, properties.Auth, ({ DisableFunctionDefaultPermissions: isOff }) => isOff !== true),
    ...usagePlan(id, stageId, properties.Auth),
    ...domain(id, properties.Domain),
  ];
}

export function httpApiResources(id: string, properties: ValueMap): readonly Generated[] {
  return [
    {
      logicalId: `${id}${textIn(properties.StageName, 'ApiGatewayDefault')}Stage`,
      owner: id,
      needs: [id, ...stageNeeds(properties)],
    },
    ...authorizers(id, properties.Auth, ({ EnableFunctionDefaultPermissions: isOn }) => isOn === true),
    ...domain(id, properties.Domain),
  ];
}

export function webSocketApiResources(id: string, properties: ValueMap): readonly Generated[] {
  const { Routes: routes, Auth: auth } = properties;
  const perRoute = Object.entries(isMap(routes) ? routes : {}).flatMap(([name, route]): Generated[] => {
    const needs = [id, ...referencesIn(route)];
    return ['Route', 'Integration', 'Permission'].map((part) => ({
      logicalId: `${id}${name}${part}`,
      owner: id,
      needs,
    }));
  });
  const authorizer = isMap(auth) && isGiven(auth.AuthArn) ? ['Authorizer', 'AuthorizerPermission'] : [];
  const needs = [id, ...referencesIn(auth)];
  return [
    { logicalId: `${id}Stage`, owner: id, needs: [id, ...stageNeeds(properties)] },
    ...perRoute,
    ...authorizer.map((part) => ({ logicalId: `${id}${part}`, owner: id, needs })),
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
            needs: [id, ...referencesIn(authorizer.FunctionArn)],
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
  return names.map((logicalId) => ({ logicalId, owner: id, needs: [id, stageId] }));
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
    needs: [id, domainId],
  }));
  const zoneId = isMap(zone)
    ? JSON.stringify([zone.HostedZoneId ?? null, zone.HostedZoneName ?? null])
    : undefined;
  const records =
    zoneId === undefined
      ? []
      : [{ logicalId: `RecordSetGroup ${zoneId}`, owner: id, needs: [domainId, ...referencesIn(zone)] }];
  return [{ logicalId: domainId, owner: id, needs: referencesIn(written) }, ...mappings, ...records];
}
