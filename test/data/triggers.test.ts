import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';
import { describe, expect, test } from 'vitest';
import { triggerPlaces } from '../../src/analysis/trigger-places.js';

// Kind: a trigger is not seen. Every property of the registry that takes a Lambda function is a row of the table, or has
// a reason here.

/** Properties that name a function and are no trigger, by the beginning of `Type Property.Path`. */
const noTriggers: readonly (readonly [start: string, because: string])[] = [
  ['AWS::CloudFormation::LambdaHook LoggingConfig', 'where the hook writes its logs'],
  ['AWS::CloudFront::Function ', 'a CloudFront function, which is none of Lambda'],
  ['AWS::CloudTrail::Trail ', 'calls of the function are recorded'],
  ['AWS::CodeDeploy::Application ', 'a name that may be taken from the function'],
  ['AWS::CodeGuruProfiler::ProfilingGroup ', 'a name that may be taken from the function'],
  ['AWS::Cognito::UserPoolClient ', 'the names of sign-in flows; the pool names the function'],
  ['AWS::DMS::Endpoint ', 'a function of an Oracle database'],
  ['AWS::Glue::UserDefinedFunction ', 'a function of the data catalog'],
  ['AWS::Greengrass::', 'the code of the function is run on a device'],
  ['AWS::GreengrassV2::', 'the code of the function is run on a device'],
  ['AWS::InspectorV2::Filter ', 'findings are chosen by it'],
  ['AWS::Lambda::', 'the function itself, its versions and what admits callers'],
  ['AWS::Logs::Destination ', 'only a Kinesis stream can be one'],
  ['AWS::Logs::LogGroup ', 'where the function writes its logs'],
  [
    'AWS::SSM::MaintenanceWindowTask TaskInvocationParameters',
    'the version of the function that TaskArn names',
  ],
  [
    'AWS::SecretsManager::RotationSchedule HostedRotationLambda',
    'a function that CloudFormation makes for it',
  ],
  ['AWS::Synthetics::Canary ', 'keys of a function that the canary makes for itself'],
  ['AWS::Transfer::Server IdentityProviderType', 'a choice; IdentityProviderDetails names the function'],
];

interface Place {
  readonly type: string;
  readonly path: readonly string[];
  readonly seen: ReadonlySet<string>;
}

function* leaves(
  database: SpecDatabase,
  properties: Readonly<Record<string, Property>>,
  place: Place,
): Generator<{ name: string; property: Property }> {
  for (const [name, property] of Object.entries(properties)) {
    const path = [...place.path, name];
    if (isText(property.type)) yield { name: `${place.type} ${path.join('.')}`, property };
    yield* below(database, property.type, { ...place, path });
  }
}

function* below(database: SpecDatabase, type: PropertyType, place: Place): ReturnType<typeof leaves> {
  if (type.type === 'array' || type.type === 'map') yield* below(database, type.element, place);
  if (type.type === 'union') for (const each of type.types) yield* below(database, each, place);
  if (type.type !== 'ref' || place.seen.has(type.reference.$ref)) return;
  const { $ref: id } = type.reference;
  const seen = new Set([...place.seen, id]);
  yield* leaves(database, database.get('typeDefinition', id).properties, { ...place, seen });
}

function isText(type: PropertyType): boolean {
  if (type.type === 'array' || type.type === 'map') return isText(type.element);
  if (type.type === 'union') return type.types.some(isText);
  return type.type === 'string' || type.type === 'json';
}

const named = /lambda[a-z]*(?:arn|name|uri)|(?:arn|uri)[a-z]*lambda|function(?:arn|name)$/i;
const inside = /lambda[^.]*\.(?:[^.]*arn|[^.]*uri|[^.]*name|function)$/i;
const said =
  /(?:arn|amazon resource name|identifier|name|uri)\b[^.]{0,80}\blambda\b[^.]{0,30}\bfunction|\blambda function[^.]{0,60}\b(?:arn|amazon resource name)/i;

/** What takes a Lambda function: by what the schema links it with, its name, or what is written about it. */
function takesFunction(name: string, { documentation = '', relationshipRefs = [] }: Property): boolean {
  const isLinked = relationshipRefs.some(({ cloudFormationType }) =>
    /^AWS::Lambda::(?:Function|Alias|Version)$/.test(cloudFormationType),
  );
  return (
    isLinked || named.test(name) || inside.test(name) || said.test(documentation.replaceAll(/\s+/g, ' '))
  );
}

function functionsTaken(): readonly string[] {
  const database = loadAwsServiceSpecSync();
  return [...database.all('resource')].flatMap(({ cloudFormationType: type, properties }) =>
    type.startsWith('AWS::Serverless::')
      ? []
      : [...leaves(database, properties, { type, path: [], seen: new Set() })]
          .filter(({ name, property }) => takesFunction(name, property))
          .map(({ name }) => name),
  );
}

function isInTable(name: string): boolean {
  const [type = '', path = ''] = name.split(' ');
  return (triggerPlaces[type] ?? []).some(({ at }) => `${path}.`.startsWith(`${at.join('.')}.`));
}

describe('the table of triggers', () => {
  const taken = functionsTaken();

  test('has a row for every property of the registry that takes a function, or there is a reason', () => {
    const missing = taken.filter(
      (name) => !isInTable(name) && !noTriggers.some(([start]) => name.startsWith(start)),
    );
    expect(missing).toEqual([]);
  });

  test('every reason is about something', () => {
    const idle = noTriggers.filter(
      ([start]) => !taken.some((name) => name.startsWith(start) && !isInTable(name)),
    );
    expect(idle).toEqual([]);
  });

  test('every row of the registry names properties there are', () => {
    const database = loadAwsServiceSpecSync();
    const wrong = Object.entries(triggerPlaces).flatMap(([type, places]) => {
      // What a custom resource takes is up to its function.
      if (/^AWS::(?:Serverless::|CloudFormation::CustomResource)/.test(type)) return [];
      const [resource] = database.lookup('resource', 'cloudFormationType', 'equals', type);
      return places
        .filter(({ at: [property = ''] }) => resource?.properties[property] === undefined)
        .map(({ at }) => `${type} ${at.join('.')}`);
    });
    expect(wrong).toEqual([]);
  });
});
