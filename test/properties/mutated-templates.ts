import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import { isList, isMap, type Value } from '../../src/document/value.js';
import { parseCases } from '../../src/testing/cases.js';

/** Templates by path, the root first. */
export type Texts = Readonly<Record<string, string>>;

/** One step away from a template that somebody wrote. Places are fractions, so that they fit any template. */
interface Mutation {
  /** Which template of the tree. */
  readonly file: number;
  /** Which place in it, of those below `section`. */
  readonly place: number;
  /** The places to choose from: those whose path has this key. */
  readonly section: string;
  readonly how: 'remove' | 'replace' | 'copy' | 'wrap' | 'rename' | 'repeat';
  readonly value: Value;
  /** The place a copy is taken from. */
  readonly from: number;
  readonly name: string;
}

const sections = [
  '',
  'Parameters',
  'Conditions',
  'Mappings',
  'Globals',
  'Resources',
  'Outputs',
  'Properties',
  'Events',
  'Policies',
  'Environment',
  'KeyPolicy',
  'Statement',
  'DeadLetterQueue',
  'Fn::If',
  'Fn::Sub',
  'Type',
  'Default',
  'Metadata',
  'Transform',
  'TemplateURL',
  'DependsOn',
  'Condition',
];

/** What stands in templates where nobody expects it. */
const oddValues: readonly Value[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e300,
  '',
  ' ',
  '0',
  '365',
  'yes',
  '*',
  '.',
  '${',
  '${}',
  '${A}',
  '${!x}',
  '${A.B.C}',
  'constructor',
  '{{resolve:ssm:/x}}',
  'arn:aws:kms:us-east-1:111122223333:key/x',
  'arn:aws:lambda:us-east-1:111122223333:function:f',
  'AWS::NoValue',
  'AWS::Lambda::Function',
  'AWS::Serverless::Function',
  'AWS::CloudFormation::Stack',
  [],
  {},
  [[]],
  [null],
  [{}],
  [1, 'a', null, { a: [] }],
  { a: null },
  { '': '' },
  { Ref: 'AWS::NoValue' },
  { Ref: 'Nothing' },
  { Ref: '' },
  { Ref: null },
  { Ref: [] },
  { Ref: { Ref: 'A' } },
  { Ref: 'AWS::Region' },
  { Condition: 'A' },
  { 'Fn::If': [] },
  { 'Fn::If': 'x' },
  { 'Fn::If': ['Nothing', 1, 2] },
  { 'Fn::If': [{}, { Ref: 'AWS::NoValue' }, [1]] },
  { 'Fn::GetAtt': [] },
  { 'Fn::GetAtt': 'x' },
  { 'Fn::GetAtt': ['A', { Ref: 'B' }] },
  { 'Fn::GetAtt': [null, null] },
  { 'Fn::Sub': null },
  { 'Fn::Sub': [] },
  { 'Fn::Sub': ['${a}', null] },
  { 'Fn::Sub': ['${a}', { a: { Ref: 'x' } }] },
  { 'Fn::Sub': '${AWS::Region}-${Nothing.Arn}' },
  { 'Fn::Join': null },
  { 'Fn::Join': [',', { Ref: 'x' }] },
  { 'Fn::Select': [9, []] },
  { 'Fn::Select': [null, null] },
  { 'Fn::Split': [',', null] },
  { 'Fn::Split': ['', 'abc'] },
  { 'Fn::FindInMap': [] },
  { 'Fn::FindInMap': ['a', 'b', 'c'] },
  { 'Fn::ImportValue': 'x' },
  { 'Fn::Transform': { Name: 'AWS::Include', Parameters: { Location: 's3://x/y' } } },
  { 'Fn::ForEach::Loop': ['X', ['a'], {}] },
  { 'Fn::Nonsense': 1 },
  { 'Fn::And': [] },
  { 'Fn::Equals': [1] },
  { 'Fn::Not': 'x' },
  { Type: 'AWS::Lambda::Function' },
  { Type: 'AWS::Serverless::Function', Properties: null },
  { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: '3O' } },
  { Type: 'AWS::KMS::Key' },
  { Type: 'String' },
  { Type: 'Number', Default: 'x' },
];

const oddNames = ['', 'A', 'constructor', 'toString', 'Fn::If', 'Ref', '<<', '1', 'on', 'Properties', 'a b'];

/** Without the bias to small numbers: the first places of a template are no more likely than the last. */
const unit = fc.noBias(fc.nat(0xffffff)).map((number) => number / 0x1000000);

const mutations: fc.Arbitrary<Mutation> = fc.record({
  file: unit,
  place: unit,
  section: fc.constantFrom(...sections),
  how: fc.constantFrom('remove', 'replace', 'replace', 'replace', 'copy', 'wrap', 'rename', 'repeat'),
  value: fc.constantFrom(...oddValues),
  from: unit,
  name: fc.constantFrom(...oddNames),
});

export type Layout = 'json' | 'minified' | 'block' | 'flow';

/** A template somebody wrote with a few things wrong, and how it is laid out. */
export function mutatedTemplates(seeds: readonly Texts[]): fc.Arbitrary<Texts> {
  return fc
    .tuple(
      fc.nat(seeds.length - 1),
      fc.array(mutations, { minLength: 1, maxLength: 4 }),
      fc.constantFrom<Layout>('json', 'block', 'minified', 'flow'),
    )
    .map(([index, steps, layout]) => mutated(seeds[index] ?? {}, steps, layout));
}

/** The templates of the case files and of the examples, and the accelerator's where it is at hand. */
export function seedTemplates(): readonly Texts[] {
  const cases = readdirSync('remediations', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/cases.md'))
    .sort()
    .flatMap((path) => parseCases(readFileSync(join('remediations', path), 'utf8')).cases)
    .map(({ templates }) => templates);
  const examples = ['small', 'document-pipeline'].map((name) => textsIn(join('examples', name)));
  return [...cases, ...examples];
}

export function textsIn(folder: string): Texts {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.ya?ml$/.test(name),
  );
  const paths = ['template.yaml', ...names.filter((name) => name !== 'template.yaml').sort()];
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

function mutated(texts: Texts, steps: readonly Mutation[], layout: Layout): Texts {
  const values = Object.entries(texts).map(
    ([path, text]) => [path, readDocument(decodeSource(path, Buffer.from(text))).value] as const,
  );
  for (const step of steps) {
    const index = Math.floor(step.file * values.length);
    const [path, value] = values[index] ?? ['', null];
    values[index] = [path, mutate(value, step)];
  }
  return Object.fromEntries(values.map(([path, value]) => [path, print(value, layout)]));
}

function print(value: Value, layout: Layout): string {
  switch (layout) {
    case 'json':
      return `${JSON.stringify(value, null, 2)}\n`;
    case 'minified':
      return JSON.stringify(value);
    case 'block':
      return stringify(value, { aliasDuplicateObjects: false, version: '1.1' });
    case 'flow':
      return stringify(value, { aliasDuplicateObjects: false, version: '1.1', collectionStyle: 'flow' });
  }
}

type Path = readonly string[];

function placesOf(value: Value, path: Path = []): Path[] {
  const entries = isList(value) || isMap(value) ? Object.entries(value) : [];
  return [path, ...entries.flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}

function mutate(root: Value, { place, section, how, value, from, name }: Mutation): Value {
  const all = placesOf(root);
  // The sections themselves are refused by the first check, so what is deep inside is chosen more often.
  const inside = all.filter((path) => path.length > (place < 0.05 ? 0 : 2));
  const below = inside.filter((path) => path.includes(section));
  const candidates = below.length > 0 ? below : inside;
  const path = candidates[Math.floor(place * candidates.length)] ?? [];
  const source = at(root, all[Math.floor(from * all.length)] ?? []);
  switch (how) {
    case 'remove':
      return change(root, path, () => undefined);
    case 'replace':
      return change(root, path, () => value);
    case 'copy':
      return change(root, path, () => source);
    case 'wrap':
      return change(root, path, (old) =>
        isMap(value) && Object.keys(value).length === 1 ? { [Object.keys(value)[0] ?? '']: old } : [old],
      );
    case 'rename':
      return change(root, path.slice(0, -1), (old) =>
        isMap(old)
          ? Object.fromEntries(
              Object.entries(old).map(([key, inner]) => [key === path.at(-1) ? name : key, inner]),
            )
          : old,
      );
    case 'repeat':
      return change(root, path.slice(0, -1), (old) =>
        isList(old) ? [...old, ...old] : isMap(old) ? { ...old, [name]: source } : old,
      );
  }
}

function at(value: Value, path: Path): Value {
  return path.reduce<Value>((inner, key) => (inner as Readonly<Record<string, Value>>)[key] ?? null, value);
}

/** `undefined` takes the value out. */
function change(value: Value, path: Path, by: (old: Value) => Value | undefined): Value {
  const [key, ...rest] = path;
  if (key === undefined) return by(value) ?? null;
  if (isList(value)) {
    return value.flatMap((item, index) => {
      if (String(index) !== key) return [item];
      const inner = rest.length === 0 ? by(item) : change(item, rest, by);
      return inner === undefined ? [] : [inner];
    });
  }
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      if (name !== key) return [[name, item]];
      const inner = rest.length === 0 ? by(item) : change(item, rest, by);
      return inner === undefined ? [] : [[name, inner]];
    }),
  );
}
