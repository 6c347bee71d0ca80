import { describe, expect, test } from 'vitest';
import type { ServiceUse } from '../../src/contract/facts.js';
import { factsOf } from '../kit/facts.js';

const key = (name: string, more = '') =>
  `  ${name}: {Type: AWS::KMS::Key${more}, Properties: {EnableKeyRotation: true}}\n`;
const nested = (name: string, file: string, more = '') =>
  `  ${name}: {Type: AWS::CloudFormation::Stack${more}, Properties: {TemplateURL: ${file}}}\n`;
const root = (resources: string) =>
  `Parameters: {C: {Type: String}}\nConditions: {IsOne: !Equals [!Ref C, one]}\nResources:\n${resources}`;
const leaf = 'Resources:\n  Logs: {Type: AWS::Logs::LogGroup}\n';

async function keyIn(path: string, templates: Readonly<Record<string, string>>, use?: ServiceUse) {
  const facts = await factsOf(templates);
  const stack = facts.tree.stacks.find(({ template }) => template.path === path);
  return stack && facts.encryptionKey(stack, { ...(use !== undefined && { use }) });
}

// Kind: what is there in some deployments only is handed down to a template that is there in others too.
describe('a key under a condition, handed down', () => {
  const only = '; name one in the policy (encryption.key)';

  test('is none for a nested template that is always there', async () => {
    const templates = {
      'a.yaml': root(key('Key', ', Condition: IsOne') + nested('Child', 'leaf.yaml')),
      'leaf.yaml': leaf,
    };
    expect(await keyIn('leaf.yaml', templates)).toEqual({
      because: `Key of a.yaml is there in some deployments of Child only${only}`,
    });
  });

  test('is one where the nested template has the same condition', async () => {
    const conditional = ', Condition: IsOne';
    const templates = {
      'a.yaml': root(key('Key', conditional) + nested('Child', 'leaf.yaml', conditional)),
      'leaf.yaml': leaf,
    };
    expect(await keyIn('leaf.yaml', templates)).toMatchObject({ arn: { Ref: 'EncryptionKeyArn' } });
  });

  test('has to be there for each use of the template', async () => {
    const conditional = ', Condition: IsOne';
    const templates = {
      'a.yaml': root(
        key('Key', conditional) + nested('First', 'leaf.yaml', conditional) + nested('Second', 'leaf.yaml'),
      ),
      'leaf.yaml': leaf,
    };
    expect(await keyIn('leaf.yaml', templates)).toMatchObject({
      because: expect.stringContaining('of Second only'),
    });
  });
});

// Kind: of several things only the first is looked at.
describe('two templates that hand down a key each', () => {
  const middle = (name: string) => `Resources:\n${key(name)}${nested('Leaf', 'leaf.yaml')}`;
  const templates = {
    'a.yaml': root(nested('One', 'one.yaml') + nested('Two', 'two.yaml')),
    'one.yaml': middle('KeyOne'),
    'two.yaml': middle('KeyTwo'),
    'leaf.yaml': leaf,
  };

  test('hand down none that a service could be let in to', async () => {
    expect(await keyIn('leaf.yaml', templates, { by: 'cloudwatch' })).toEqual({
      because:
        'leaf.yaml is given KeyOne of one.yaml or KeyTwo of two.yaml; name one in the policy (encryption.key)',
    });
  });

  test('hand down what roles use', async () => {
    expect(await keyIn('leaf.yaml', templates)).toMatchObject({ arn: { Ref: 'EncryptionKeyArn' } });
  });

  test('hand down the same one from above them', async () => {
    const above = {
      ...templates,
      'a.yaml': root(key('Key') + nested('One', 'one.yaml') + nested('Two', 'two.yaml')),
      'one.yaml': `Resources:\n${nested('Leaf', 'leaf.yaml')}`,
      'two.yaml': `Resources:\n${nested('Leaf', 'leaf.yaml')}`,
    };
    expect(await keyIn('leaf.yaml', above, { by: 'cloudwatch' })).toMatchObject({
      arn: { Ref: 'EncryptionKeyArn' },
      resource: { logicalId: 'Key' },
    });
  });
});
