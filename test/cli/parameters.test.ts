import { describe, expect, it } from 'vitest';
import { readParameters } from '../../src/cli/parameters.js';
import { memoryFiles } from '../memory-files.js';

const read = async (words: readonly string[], files: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(await readParameters(memoryFiles(files), words));

const billionLaughs = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...[...'bcdefghij'].map((name, at) => `${name}: &${name} [${`*${'abcdefghij'[at]}, `.repeat(9)}]`),
].join('\n');

describe('readParameters', () => {
  it('reads Key=value, and keeps everything behind the first equals sign', async () => {
    expect(await read(['A=1', 'B=x=y', 'C='])).toEqual({ A: '1', B: 'x=y', C: '' });
  });

  it('reads the string SAM CLI takes', async () => {
    const text = 'ParameterKey=Vpc,ParameterValue=vpc-1 ParameterKey=Subnets,ParameterValue=a,b';
    expect(await read([text])).toEqual({ Vpc: 'vpc-1', Subnets: 'a,b' });
    expect(await read(['A="two words" B=\'x\' C=plain words'])).toEqual({
      A: 'two words',
      B: 'x',
      C: 'plain words',
    });
  });

  it.each([
    [
      'the AWS CLI',
      '[{"ParameterKey":"A","ParameterValue":"1"},{"ParameterKey":"B","UsePreviousValue":true}]',
      { A: '1' },
    ],
    ['a list of assignments', '["A=1", "B=2"]', { A: '1', B: '2' }],
    ['CodePipeline', '{"Parameters": {"A": "1"}, "Tags": {"x": "y"}}', { A: '1' }],
    [
      'a JSON map',
      '{\n\t"Account": "012345678901",\n\t"Days": 365,\n\t"On": true,\n\t"List": ["a", "b"]\n}\n',
      { Account: '012345678901', Days: '365', On: 'true', List: 'a,b' },
    ],
    [
      'a YAML map',
      'Account: 012345678901\nDays: 1e3\nOn: yes\nWhen: 2024-01-01\n',
      { Account: '012345678901', Days: '1e3', On: 'yes', When: '2024-01-01' },
    ],
  ])('reads the file form of %s', async (_, text, expected) => {
    expect(await read(['values.json'], { 'values.json': text })).toEqual(expected);
  });

  it('lets later values win', async () => {
    expect(await read(['values.yaml', 'A=2'], { 'values.yaml': 'A: 1' })).toEqual({ A: '2' });
  });

  it.each([
    ['{"A": ', 'parameters-invalid', /^not valid JSON/],
    // A reader without a limit has no memory left at a few thousand levels.
    ['{"A":'.repeat(20_000), 'parameters-invalid', /nested deeper than 200 levels/],
    [billionLaughs, 'parameters-invalid', /./],
    ['A: 1\nA: 2\n', 'parameters-invalid', /^the key A is twice/],
    ['A: !Ref B\n', 'parameters-invalid', /^the tag !Ref has no meaning in a parameters file/],
    ['A: \u0000\n', 'parameters-invalid', /U\+0000 is not allowed in a parameters file/],
    ['just text', 'parameters-invalid', /^neither a map nor a list$/],
    ['[{"Key": "A"}]', 'parameters-invalid', /no ParameterKey/],
    ['{"A": {"B": "c"}}', 'parameters-invalid', /the value of A/],
  ])('refuses %s', async (text, code, message) => {
    await expect(read(['v.json'], { 'v.json': text })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('says when there is no such file', async () => {
    await expect(read(['missing.json'])).rejects.toMatchObject({ code: 'file-not-found' });
  });
});
