/** What `npm run bench` measures: templates written into a folder, and the tools that are run on them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import { hostileShapes } from './shapes.js';

/** A whole process, as a user would start it. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
}

/** Programs that are measured in turns; the first one is what the others are compared with. */
export interface Row {
  /** What all of them read: `v0.3.4: 7 templates`. */
  readonly input: string;
  readonly programs: readonly Program[];
  /** By the name of a program: the most it should take of the CPU of the first one. */
  readonly aims: Readonly<Record<string, number>>;
  /** Other tools that are not installed here. */
  readonly absent?: readonly string[];
}

export const planning = 'idp-fix, preset';
export const planningAll = 'idp-fix, filled policy with review';
const filled = 'examples/filled.policy.yaml';

/** The same library with the tags of CloudFormation, reading what an editor in place needs. */
const parsing = `
const { readFileSync } = require('node:fs');
const { parseDocument } = require('yaml');
const names = ['Ref', 'Condition', 'GetAtt', 'Sub', 'If', 'Join', 'Select', 'Split', 'FindInMap', 'Equals', 'Not', 'And', 'Or', 'Base64', 'Cidr', 'ImportValue', 'GetAZs', 'Transform'];
const customTags = names.flatMap((name) => [
  { tag: '!' + name, resolve: (text) => text },
  { tag: '!' + name, collection: 'seq' },
  { tag: '!' + name, collection: 'map' },
]);
for (const file of process.argv.slice(1)) parseDocument(readFileSync(file, 'utf8'), { customTags, keepSourceTokens: true });
`;

function node(name: string, words: readonly string[]): Program {
  return { name, command: process.execPath, words };
}

function parse(files: readonly string[]): Program {
  return node('Node and the YAML library', ['-e', parsing, ...files]);
}

/**
 * A root template with all it nests, with the preset and with everything a policy can ask for.
 * @param peersIn folder for what other tools need, where they are measured too
 */
export function planRow(name: string, root: string, aims: Row['aims'], peersIn?: string): Row {
  const files = templatesOf(root);
  const found = peersIn === undefined ? [] : peers(files, peersIn);
  return {
    input: `${name}: ${files.length} templates${leftToLibrary(files)}`,
    programs: [
      parse(files),
      node(planning, ['dist/main.js', root, '--format', 'json', '--policy', 'production']),
      node(planningAll, [
        'dist/main.js',
        root,
        '--format',
        'json',
        '--policy',
        filled,
        '--include',
        'review',
      ]),
      ...found.flatMap(({ program }) => program ?? []),
    ],
    aims,
    absent: found.flatMap(({ name, program }) => (program === undefined ? [name] : [])),
  };
}

/** How many of them idp-fix leaves to the YAML library, since its own reader is not sure of them. */
function leftToLibrary(files: readonly string[]): string {
  const left = files.filter(
    (file) => readDocument(decodeSource(file, readFileSync(file))).reader === 'library',
  );
  return `, ${left.length} of them read by the library`;
}

/** The root and what it nests, as a plan names them. */
function templatesOf(root: string): readonly string[] {
  const { stdout } = spawnSync(process.execPath, ['dist/main.js', root, '--format', 'json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const { stacks }: { stacks: readonly { readonly template: string }[] } = JSON.parse(stdout);
  return stacks.map(({ template }) => join(dirname(root), template));
}

/** Many small templates in one run: those of the tests, each several times. */
export function fleetRow(folder: string, copies: number): Row {
  mkdirSync(folder, { recursive: true });
  const files = readdirSync('test/corpus').flatMap((name) => {
    const from = ['template.yaml', 'template.json']
      .map((file) => join('test/corpus', name, file))
      .find(existsSync);
    if (from === undefined) return [];
    return Array.from({ length: copies }, (_, copy) => {
      const to = join(folder, `${name}-${copy}.${from.split('.').at(-1)}`);
      copyFileSync(from, to);
      return to;
    });
  });
  return {
    input: `a fleet of ${files.length} templates${leftToLibrary(files)}`,
    programs: [
      parse(files),
      node('idp-fix fleet', ['dist/main.js', 'fleet', '--policy', 'production', '--format', 'json', folder]),
    ],
    aims: { 'idp-fix fleet': 2 },
  };
}

/** A program for each small template that is hard to analyze. */
export function hostilePrograms(folder: string): readonly Program[] {
  return hostileShapes.map(({ name, files }, index) => {
    const own = join(folder, String(index));
    for (const [file, text] of Object.entries(files)) write(join(own, file), text);
    const [root = ''] = Object.keys(files);
    return node(name, ['dist/main.js', join(own, root), '--format', 'json', '--policy', filled]);
  });
}

/** Templates that grow in one way. */
export interface Growth {
  /** `resources in one template` */
  readonly what: string;
  readonly steps: readonly { readonly size: number; readonly program: Program }[];
}

export function growths(folder: string): readonly Growth[] {
  const grow = (what: string, sizes: readonly number[], filesOf: (size: number) => Files): Growth => ({
    what,
    steps: sizes.map((size) => {
      const own = join(folder, what.replaceAll(' ', '-'), String(size));
      for (const [file, text] of Object.entries(filesOf(size))) write(join(own, file), text);
      const words = [
        'dist/main.js',
        join(own, 'template.yaml'),
        '--format',
        'json',
        '--policy',
        'production',
      ];
      return { size, program: node(`${size} ${what}`, words) };
    }),
  });
  return [
    grow('resources in one template', [60, 120, 240, 480], (size) => ({
      'template.yaml': mixture(size, ''),
    })),
    grow('conditions in one template', [8, 16, 32, 64], conditional),
    grow('nested templates of 40 resources', [6, 12, 24, 48], nested),
  ];
}

type Files = Readonly<Record<string, string>>;

const kinds: readonly ((id: string) => string)[] = [
  (id) => `  ${id}:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs20.x
      Handler: index.handler
      Role: !GetAtt Role${id.slice(1)}.Arn
      Code: {S3Bucket: code, S3Key: code.zip}
      Environment: {Variables: {TABLE: !Ref D${id.slice(1)}, QUEUE: !Ref B${id.slice(1)}}}`,
  (id) => `  ${id}:
    Type: AWS::SQS::Queue`,
  (id) => `  Role${id.slice(1)}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement: [{Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt B${id.slice(1)}.Arn}]`,
  (id) => `  ${id}:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]`,
  (id) => `  ${id}:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub '/aws/lambda/\${A${id.slice(1)}}'}`,
  (id) => `  ${id}:
    Type: AWS::SNS::Topic`,
];

/** Functions, and a queue, a role, a table, a log group and a topic for each. */
function mixture(size: number, head: string): string {
  const bodies = Array.from({ length: size }, (_, index) => {
    const kind = index % kinds.length;
    return kinds[kind]?.(`${'ABCDEF'[kind]}${Math.floor(index / kinds.length)}`);
  });
  return `${head}Resources:\n${bodies.join('\n')}\n`;
}

function conditional(size: number): Files {
  const all = Array.from({ length: size }, (_, index) => index);
  const head = [
    'Parameters:',
    ...all.map((index) => `  P${index}: {Type: String, Default: a}`),
    'Conditions:',
    ...all.map((index) => `  C${index}: !Equals [!Ref P${index}, a]`),
  ].join('\n');
  const topics = all.map(
    (index) =>
      `  T${index}:\n    Type: AWS::SNS::Topic\n    Condition: C${index}\n    Properties: {DisplayName: !If [C${index}, a, b]}`,
  );
  return { 'template.yaml': `${mixture(60, `${head}\n`)}${topics.join('\n')}\n` };
}

function nested(size: number): Files {
  const all = Array.from({ length: size }, (_, index) => index);
  const stacks = all.map(
    (index) =>
      `  S${index}:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: nested/s${index}.yaml}`,
  );
  return {
    'template.yaml': `Resources:\n${stacks.join('\n')}\n`,
    ...Object.fromEntries(all.map((index) => [`nested/s${index}.yaml`, mixture(40, '')])),
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Other tools, where they are found: in the environment of the oracles, or on the path. */
interface Peer {
  readonly name: string;
  /** Where it is installed. */
  readonly program: Program | undefined;
}

/** Looked for in `.venv`, where the suite of oracles has its tools, and on the path. */
function peers(files: readonly string[], folder: string): readonly Peer[] {
  const rules = join(folder, 'rules.guard');
  write(rules, guardRules.join('\n'));
  const all: readonly (readonly [string, readonly string[]])[] = [
    ['cfn-lint', ['--non-zero-exit-code', 'none', '--', ...files]],
    ['cfn-guard', ['validate', '--rules', rules, '--data', ...files]],
    [
      'cfn-guard, JSON',
      [
        'validate',
        '--rules',
        rules,
        '--structured',
        '--output-format',
        'json',
        '--show-summary',
        'none',
        '--data',
        ...files,
      ],
    ],
    [
      'checkov',
      [
        '--framework',
        'cloudformation',
        '--compact',
        '--quiet',
        '--soft-fail',
        '--skip-download',
        ...files.flatMap((file) => ['--file', file]),
      ],
    ],
  ];
  const folders = ['.venv/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return all.map(([name, words]) => {
    const [tool = name] = name.split(',');
    const command = folders.map((each) => join(each, tool)).find(existsSync);
    return { name, program: command === undefined ? undefined : { name, command, words } };
  });
}

/** Eight questions that idp-fix asks, too. */
const guardRules: readonly string[] = (
  [
    ['AWS::Serverless::Function', 'ReservedConcurrentExecutions'],
    ['AWS::Serverless::Function', 'DeadLetterQueue'],
    ['AWS::Serverless::Function', 'KmsKeyArn'],
    ['AWS::Serverless::Function', 'VpcConfig'],
    ['AWS::Logs::LogGroup', 'RetentionInDays'],
    ['AWS::Logs::LogGroup', 'KmsKeyId'],
    ['AWS::SQS::Queue', 'KmsMasterKeyId'],
    ['AWS::DynamoDB::Table', 'PointInTimeRecoverySpecification'],
  ] as const
).map(
  ([type, property], index) =>
    `let of${index} = Resources.*[ Type == '${type}' ]\nrule rule${index} when %of${index} !empty { %of${index}.Properties.${property} exists }`,
);
