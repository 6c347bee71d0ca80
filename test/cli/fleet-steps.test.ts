import { describe, expect, it } from 'vitest';
import { IdpFixError } from '../../src/errors.js';
import { gatherStep, sourcesStep, summaryStep } from '../../src/fleet/steps.js';

// Steps of deploy/fleet, over results in memory and stacks that are given; test/live/fleet.test.ts runs them all.

const inMemory = () => {
  const kept = new Map<string, string>();
  const results = {
    put: async (name: string, text: string) => void kept.set(name, text),
    get: async (name: string) => kept.get(name),
  };
  return { kept, results };
};

const nesting = (url: string) =>
  `Resources:\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ${url}}}\n`;
const templates: Readonly<Record<string, string>> = {
  plain: '{"Resources": {}}',
  near: nesting('https://bucket.s3.amazonaws.com/build/child.yaml'),
  far: nesting('!Ref Url'),
  broken: 'Resources: {',
  'near-child': nesting('https://bucket.s3.amazonaws.com/deep.yaml'),
};

const stacks = {
  roots: async () => ['broken', 'denied', 'far', 'near', 'plain'].map((name) => ({ id: name, name })),
  template: async (id: string) => {
    if (id === 'denied') throw new IdpFixError('aws-denied', 'the caller may not');
    return templates[id] ?? 'Resources: {}';
  },
  resources: async (id: string) => [
    {
      logicalId: 'Child',
      type: 'AWS::CloudFormation::Stack',
      physicalId: `${id}-child`,
      status: 'CREATE_COMPLETE',
    },
  ],
};

describe('the stacks of an account', () => {
  it('are files with what they nest where a repository would have it; one that is denied stops no other', async () => {
    const { kept, results } = inMemory();
    await sourcesStep(['111122223333'], ['eu-west-1', 'us-east-1'], results);
    const source = { index: 0, account: '111122223333', region: 'eu-west-1' };
    expect(await gatherStep(source, async () => stacks, results)).toEqual({ stacks: 5, failed: 1 });
    const folder = 'stacks/111122223333/eu-west-1';
    expect([...kept.keys()].filter((name) => name.startsWith(folder))).toEqual([
      `${folder}/broken/template.yaml`,
      `${folder}/far/template.yaml`,
      `${folder}/far/nested/Child/template.yaml`,
      `${folder}/near/template.yaml`,
      `${folder}/near/build/child.yaml`,
      `${folder}/near/build/deep.yaml`,
      `${folder}/plain/template.json`,
    ]);
    // The other Region has left no answer.
    expect((await summaryStep(results)).failures).toMatchObject([
      { root: `${folder}/denied`, code: 'aws-denied' },
      { root: 'stacks/111122223333/us-east-1', code: 'defect' },
    ]);
  });
});
