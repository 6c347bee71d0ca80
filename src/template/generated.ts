import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { apiResources, httpApiResources, webSocketApiResources } from './generated-apis.js';
import { functionEvents, type Generated, isGiven, stateMachineEvents, textIn } from './generated-events.js';
import { mergedProperties } from './globals.js';
import { referencesIn } from './referenced.js';
import type { Template, TemplateResource } from './template.js';

export type { Generated } from './generated-events.js';

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
    byId.set(each.logicalId, same === undefined ? each : { ...same, needs: [...same.needs, ...each.needs] });
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
    const needs = [
      policies,
      queue,
      destinationsOf(invoke),
      properties.PermissionsBoundary,
      properties.AssumeRolePolicyDocument,
    ];
    made.push({ logicalId: `${id}Role`, owner: id, needs: needs.flatMap(referencesIn), isOwnedFirst: true });
  }
  const alias = properties.AutoPublishAlias;
  if (isGiven(alias)) {
    made.push({ logicalId: `${id}Version`, owner: id, needs: [id] });
    made.push({ logicalId: `${id}Alias${textIn(alias, '')}`, owner: id, needs: [id, `${id}Version`] });
    made.push(...deployment(id, properties.DeploymentPreference));
  }
  const url = properties.FunctionUrlConfig;
  if (isMap(url)) {
    made.push({ logicalId: `${id}Url`, owner: id, needs: [id] });
    if (url.AuthType === 'NONE') {
      made.push({ logicalId: `${id}UrlPublicPermissions`, owner: id, needs: [id] });
      made.push({ logicalId: `${id}URLInvokeAllowPublicAccess`, owner: id, needs: [id] });
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
            needs: [],
          },
        ]
      : [];
  });
  const made = queues.map(({ logicalId }) => logicalId);
  return [...queues, { logicalId: config, owner: id, needs: [id, ...made, ...referencesIn(destinations)] }];
}

/** CodeDeploy shifts the alias; application and role are shared by all functions. */
function deployment(id: string, preference: Value | undefined): readonly Generated[] {
  if (!isMap(preference) || preference.Enabled === false) return [];
  const application = { logicalId: 'ServerlessDeploymentApplication', owner: id, needs: [] };
  const role = isGiven(preference.Role) ? [] : [{ logicalId: 'CodeDeployServiceRole', owner: id, needs: [] }];
  const needs = [application, ...role].map(({ logicalId }) => logicalId);
  return [
    application,
    ...role,
    { logicalId: `${id}DeploymentGroup`, owner: id, needs: [...needs, ...referencesIn(preference)] },
  ];
}

function stateMachineResources(id: string, properties: ValueMap): readonly Generated[] {
  const made: Generated[] = [];
  if (!isGiven(properties.Role)) {
    const needs = [properties.Policies, properties.PermissionsBoundary].flatMap(referencesIn);
    made.push({ logicalId: `${id}Role`, owner: id, needs, isOwnedFirst: true });
  }
  const alias = properties.AutoPublishAlias;
  if (isGiven(alias)) {
    made.push({ logicalId: `${id}Version`, owner: id, needs: [id] });
    made.push({ logicalId: `${id}Alias${textIn(alias, '')}`, owner: id, needs: [id, `${id}Version`] });
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
      needs: [...from, ...endOf(destination)],
    }));
  });
}

function endOf(end: Value | undefined): readonly string[] {
  const id = isMap(end) ? end.Id : undefined;
  return typeof id === 'string' ? [id] : referencesIn(end);
}
