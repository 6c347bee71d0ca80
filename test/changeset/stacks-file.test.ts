import { expect, it } from 'vitest';
import { readStacksFile } from '../../src/changeset/stacks-file.js';
import { memoryFiles } from '../memory-files.js';

const read = (text: string, path = 'ops/stacks.yaml') => readStacksFile(memoryFiles({ [path]: text }), path);

it('lists every stack in each of its regions, with the defaults and with paths from the file', async () => {
  const listed = await read(`defaults:
  policy: production
  region: eu-west-1
  parameters: { Env: dev, Account: 007 }
stacks:
  - stack: app
    template: app/packaged.yaml
    policy: ./strict.yaml
    parameterFiles: [dev.json]
    parameters: { Env: prod, Debug: false }
  - { stack: edge, regions: [us-east-1, eu-west-1], profile: edge }
`);
  expect(listed.map(({ stack, region, profile }) => [stack, region, profile])).toEqual([
    ['app', 'eu-west-1', undefined],
    ['edge', 'us-east-1', 'edge'],
    ['edge', 'eu-west-1', 'edge'],
  ]);
  expect(listed[0]).toMatchObject({
    template: 'ops/app/packaged.yaml',
    policy: 'ops/strict.yaml',
    parameterFiles: ['ops/dev.json'],
  });
  expect(listed[1]).toMatchObject({ policy: 'production', template: undefined });
  // As written: the schema would read them as numbers and booleans.
  expect(Object.fromEntries(listed[0]?.parameters ?? [])).toEqual({
    Env: 'prod',
    Account: '007',
    Debug: 'false',
  });
});

it('reads JSON', async () => {
  const listed = await read('{"stacks": [{"stack": "app", "parameters": {"Days": 30}}]}', 'stacks.json');
  expect(listed.map(({ stack, parameters }) => [stack, [...parameters]])).toEqual([
    ['app', [['Days', '30']]],
  ]);
});

it.each([
  [
    'stacks:\n  - stak: app\n',
    /^ops\/stacks\.yaml:2:5 stacks\[0\]\.stack is missing.*stak is not a key of stacks\[0\]; did you mean stack\?/,
  ],
  ['stacks:\n  - stack: app\n    only: log-retention\n', /:3:5 .*only is 'log-retention', not a list/],
  ['stacks: []\n', /:1:1 stacks is an empty list, which is too short/],
  ['', /:1 stacks is missing/],
  [
    'stacks:\n  - stack: app\n    region: eu-west-1\n    regions: [eu-west-1]\n',
    /:2:5 app has region and regions; leave out one of them/,
  ],
  ['stacks:\n  - stack: app\n  - stack: app\n', /:3:5 app is listed twice for the same place/],
  [
    "stacks: [{ stack: a, region: 'eu-west-1.example.com/' }]\n",
    /region is 'eu-west-1\.example\.com\/'.*no name of a Region/,
  ],
  ["stacks: [{ stack: a, regions: ['../../x'] }]\n", /regions\[0\] is '\.\.\/\.\.\/x'.*no name of a Region/],
  ["stacks: [{ stack: a, endpointUrl: 'file:///etc/passwd' }]\n", /endpointUrl is .*no address/],
  ["stacks: [{ stack: a, endpointUrl: '-rf' }]\n", /endpointUrl is '-rf'.*no address/],
  ['stacks: [\n', /:2:1 .*correct the YAML there/],
  ['stacks: !Ref x\n', /has no meaning in a list of stacks/],
  [
    'defaults: { polcy: a }\nstacks: [{ stack: a }]\n',
    /:1:13 polcy is not a key of defaults; did you mean policy\?/,
  ],
])('says what is wrong, and on which line: %j', async (text, said) => {
  const error = await read(text).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'stacks-invalid', exitCode: 2 });
  const { message, details } = error as { message: string; details: { place: object; hint?: string } };
  expect(
    `${Object.values(details.place).join(':')} ${message}; ${details.hint ?? ''}`.replaceAll('\n', ' '),
  ).toMatch(said);
});
