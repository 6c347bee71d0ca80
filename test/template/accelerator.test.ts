import { describe, expect, it } from 'vitest';
import { viewResource, viewResources } from '../../src/analysis/view.js';
import { resolve } from '../../src/expressions/resolve.js';
import { consumers, solve } from '../../src/expressions/solve.js';
import { dependencies, findCycle } from '../../src/template/references.js';
import type { Stack } from '../../src/template/template.js';
import { acceleratorTree, hasAccelerator } from './trees.js';

describe.skipIf(!hasAccelerator)('the accelerator', () => {
  const tree = hasAccelerator ? acceleratorTree() : undefined;
  const stackAt = (path: string): Stack => {
    const stack = tree?.stacks.find(({ template }) => template.path === path);
    if (tree === undefined || stack === undefined) throw new Error(`no stack ${path}`);
    return stack;
  };
  const logGroups = () => (tree === undefined ? [] : viewResources(tree, ['AWS::Logs::LogGroup']));

  it('keeps the logs of all templates as long as one parameter says', () => {
    const found = logGroups().map((view) => view.read('RetentionInDays'));
    expect(found).toHaveLength(41);
    for (const branches of found) {
      expect(branches.map(({ outcome }) => outcome)).toEqual([{ kind: 'value', value: 30 }]);
      expect(branches[0]?.parameters.at(-1)).toEqual({
        stack: stackAt('template.yaml'),
        name: 'LogRetentionDays',
      });
    }
    const assignments = logGroups().map(
      (view) => solve(view.expression('RetentionInDays') ?? null, { value: 365 }, view.stack)?.assignments,
    );
    for (const found of assignments) {
      expect(found).toEqual([
        {
          stack: stackAt('template.yaml'),
          parameter: 'LogRetentionDays',
          value: 365,
          writtenAt: 'default',
          extendAllowedValues: false,
        },
      ]);
    }
  });

  it('drives a lifecycle with the retention of the logs', () => {
    const root = stackAt('template.yaml');
    const types =
      tree === undefined
        ? []
        : consumers(tree, root, 'LogRetentionDays').map(
            ({ stack, logicalId }) => stack.template.resources.get(logicalId ?? '')?.type,
          );
    expect(types).toHaveLength(42);
    expect(types.filter((type) => type !== 'AWS::Logs::LogGroup')).toEqual(['AWS::S3::Bucket']);
  });

  it('has one key for all templates, and one log group without', () => {
    const outcomes = logGroups().flatMap((view) => view.read('KmsKeyId').map(({ outcome }) => outcome));
    const key = {
      kind: 'resource',
      stack: stackAt('template.yaml'),
      logicalId: 'CustomerManagedEncryptionKey',
      attribute: 'Arn',
    };
    expect(outcomes.filter(({ kind }) => kind === 'absent')).toHaveLength(1);
    for (const outcome of outcomes.filter(({ kind }) => kind !== 'absent')) expect(outcome).toEqual(key);
  });

  it('knows that a nested stack is given a key', () => {
    const branches = resolve(
      { 'Fn::If': ['IsCustomerManagedKey', 'yes', 'no'] },
      stackAt('options/bedrockkb/template.yaml'),
    );
    expect(branches).toMatchObject([{ outcome: { value: 'yes' }, assuming: {} }]);
  });

  it('follows the state machine of each pattern', () => {
    const view = viewResource(stackAt('template.yaml'), 'QueueProcessor');
    const found = view
      .read('Environment', 'Variables', 'STATE_MACHINE_ARN')
      .map(({ outcome, assuming }) => [
        outcome.kind === 'resource' ? `${outcome.stack.template.path} ${outcome.logicalId}` : outcome.kind,
        assuming,
      ]);
    expect(found).toEqual([
      [
        'patterns/pattern-3/template.yaml DocumentProcessingStateMachine',
        { 'template.yaml#IsPattern3': true },
      ],
      [
        'patterns/pattern-2/template.yaml DocumentProcessingStateMachine',
        { 'template.yaml#IsPattern3': false, 'template.yaml#IsPattern2': true },
      ],
      [
        'patterns/pattern-1/template.yaml DocumentProcessingStateMachine',
        { 'template.yaml#IsPattern3': false, 'template.yaml#IsPattern2': false },
      ],
    ]);
  });

  it('restricts countries by one parameter', () => {
    const root = stackAt('template.yaml');
    const expression =
      viewResource(root, 'CloudFrontDistribution').expression('DistributionConfig', 'Restrictions') ?? null;
    const value = { GeoRestriction: { RestrictionType: 'whitelist', Locations: ['CA', 'US'] } };
    expect(solve(expression, { value }, root)?.assignments).toMatchObject([
      { parameter: 'CloudFrontAllowedGeos', value: 'CA,US', writtenAt: 'default' },
    ]);
  });

  it('has no circle until its first log group is encrypted', () => {
    expect(tree?.stacks.map(({ template }) => findCycle(dependencies(template))).filter(Boolean)).toEqual([]);
    const graph = new Map(
      [...dependencies(stackAt('template.yaml').template)].map(([id, companions]) => [
        id,
        new Set(companions),
      ]),
    );
    graph.get('StacknameCheckFunctionLogGroup')?.add('CustomerManagedEncryptionKey');
    expect(findCycle(graph)).toEqual([
      'IsStacknameLengthOK',
      'StacknameCheckFunction',
      'StacknameCheckFunctionLogGroup',
      'CustomerManagedEncryptionKey',
      'IsStacknameLengthOK',
    ]);
  });
});
