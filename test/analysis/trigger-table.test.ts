import { describe, expect, test } from 'vitest';
import { connectorSources, triggerPlaces } from '../../src/analysis/trigger-places.js';
import { triggersOf } from '../../src/analysis/triggers.js';
import type { Trigger } from '../../src/contract/facts.js';
import type { Value } from '../../src/document/value.js';
import { treeOf } from '../template/trees.js';

// Kind: a trigger is not seen, and what nobody calls is taken for administrative.

const job = { Type: 'AWS::Lambda::Function', Properties: { Handler: 'a.b', Runtime: 'python3.12' } };

/** What invokes the function `Job` of a template with the other resources. */
function triggers(resources: Readonly<Record<string, Value>>): readonly Trigger[] {
  const template = { Transform: 'AWS::Serverless-2016-10-31', Resources: { Job: job, ...resources } };
  const tree = treeOf({ 'a.json': JSON.stringify(template) });
  return triggersOf(tree).get(tree.root)?.get('Job') ?? [];
}

const arn: Value = { 'Fn::GetAtt': ['Job', 'Arn'] };

function placed(at: readonly string[]): Value {
  return at.reduceRight<Value>((inner, token) => ({ [token]: inner }), arn);
}

const rows = Object.entries(triggerPlaces).flatMap(([type, places]) =>
  places.map((place) => [`${type} ${place.at.join('.')}`, type, place] as const),
);

describe('every row of the table is seen', () => {
  test.each(rows)('%s', (_, type, place) => {
    const found = triggers({ Caller: { Type: type, Properties: placed(place.at) } });
    expect(found.map(({ from }) => from ?? 'Caller')).toEqual(['Caller']);
    // What the resource itself decides is tested below.
    if (place.depends === undefined) expect(found[0]?.invocation).toBe(place.invocation);
  });
});

describe('connectors of SAM', () => {
  const pairs = Object.entries(connectorSources);

  test.each(pairs)('%s, in a resource of its own and in the source', (type, kind) => {
    const source = { Type: type, Properties: {} };
    const connector = {
      Type: 'AWS::Serverless::Connector',
      Properties: { Source: { Id: 'From' }, Destination: { Id: 'Job' }, Permissions: ['Write'] },
    };
    const Connectors = { ToJob: { Properties: { Destination: [{ Id: 'Job' }], Permissions: ['Write'] } } };
    for (const resources of [{ From: source, Link: connector }, { From: { ...source, Connectors } }]) {
      expect(triggers(resources)).toEqual([expect.objectContaining({ ...kind, from: 'From' })]);
    }
  });

  test('what the source says itself is not said twice', () => {
    const Topic = {
      Type: 'AWS::SNS::Topic',
      Properties: { Subscription: [{ Protocol: 'lambda', Endpoint: arn }] },
    };
    const Properties = { Source: { Id: 'Topic' }, Destination: { Id: 'Job' }, Permissions: ['Write'] };
    expect(triggers({ Topic, Link: { Type: 'AWS::Serverless::Connector', Properties } })).toHaveLength(1);
  });

  test('a connector to something else is no trigger', () => {
    const Properties = { Source: { Id: 'Job' }, Destination: { Id: 'Table' }, Permissions: ['Read'] };
    const Table = { Type: 'AWS::DynamoDB::Table', Properties: {} };
    expect(triggers({ Table, Link: { Type: 'AWS::Serverless::Connector', Properties } })).toEqual([]);
  });
});

describe('what the resource decides', () => {
  test.each([
    ['RequestResponse', 'sync'],
    ['Event', 'async'],
  ])('a mail receipt rule with InvocationType %s is %s', (InvocationType, invocation) => {
    const Rule = { Actions: [{ LambdaAction: { FunctionArn: arn, InvocationType } }] };
    const [found] = triggers({ Mail: { Type: 'AWS::SES::ReceiptRule', Properties: { Rule } } });
    expect(found?.invocation).toBe(invocation);
  });

  test('each of several actions calls in its own way', () => {
    const actions = ['RequestResponse', 'Event'].map((InvocationType) => ({
      LambdaAction: { FunctionArn: arn, InvocationType },
    }));
    const found = triggers({
      Mail: { Type: 'AWS::SES::ReceiptRule', Properties: { Rule: { Actions: actions } } },
    });
    expect(found.map(({ invocation }) => invocation)).toEqual(['sync', 'async']);
  });

  test('who calls from another account does so in a way nobody has seen', () => {
    const Properties = {
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: 'Job' },
      Principal: '111122223333',
    };
    const [found] = triggers({ Admit: { Type: 'AWS::Lambda::Permission', Properties } });
    expect(found?.invocation).toBe('unknown');
  });
});
