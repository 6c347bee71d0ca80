import fc from 'fast-check';

/** A YAML text of the kind templates are made of, and the value CloudFormation takes it for. */
export interface YamlText {
  readonly text: string;
  readonly value: unknown;
}

/** A value as it is printed: `head` behind its colon or dash, `body` below, `indent` spaces further right. */
interface Printed {
  readonly head: string;
  readonly body: readonly string[];
  readonly indent: number;
  readonly value: unknown;
}

const keys = ['Type', 'Ref', 'Fn::Sub', 'on', '12', 'a b', 'x-amz:y', 'Spaced ', '"quoted: #"', "'it''s'"];
const words = [
  ...['a', 'Bee', 'AWS::S3::Bucket', 'x-y', '-x', 's3:Get*', 'c d', 'ü#é', '😀', 'yes sir'],
  ...[':path/', '?x', '::/0'],
];
const numbers = [
  ['12', 12],
  ['yes', true],
  ['0644', 420],
  ['~', null],
  ['2010-09-09', '2010-09-09'],
  ['012345678901', '012345678901'],
] as const;

const end = fc.constantFrom('', '', '', ' ', ' # comment', '   #', '\t', ' \t# comment');
const above = fc.constantFrom<readonly string[]>([], [], [], [''], ['# comment'], ['', '# comment', '']);

const inline: fc.Arbitrary<YamlText> = fc.oneof(
  fc.constantFrom(...words).map((text) => ({ text, value: text })),
  fc.constantFrom(...numbers).map(([text, value]) => ({ text, value })),
  fc.constantFrom(...words).map((text) => ({ text: `"${text}: # \\n"`, value: `${text}: # \n` })),
  fc.constantFrom(...words).map((text) => ({ text: `'${text}: '' #'`, value: `${text}: ' #` })),
);

const flow = fc.letrec<{ flow: YamlText }>((tie) => ({
  flow: fc.oneof(
    { maxDepth: 3 },
    inline,
    fc.array(tie('flow'), { maxLength: 3 }).map((items) => ({
      text: `[${items.map(({ text }) => text).join(', ')}]`,
      value: items.map(({ value }) => value),
    })),
    fc.array(tie('flow'), { minLength: 1, maxLength: 2 }).map((items) => ({
      text: `[\n ${items.map(({ text }) => text).join(' ,\n# comment: ]\n      ')}\n]`,
      value: items.map(({ value }) => value),
    })),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('flow')).map((map) => ({
      text: `{ ${Object.entries(map)
        .map(([name, { text }]) => `${name}: ${text}`)
        .join(', ')} }`,
      value: Object.fromEntries(Object.entries(map).map(([name, { value }]) => [name, value])),
    })),
  ),
})).flow;

const blockText = fc
  .array(fc.constantFrom('one', 'two three', '# no comment', '- no dash', 'k: v'), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((lines) =>
    fc.constantFrom<Printed>(
      { head: '|', body: lines, indent: 2, value: `${lines.join('\n')}\n` },
      { head: '>-', body: lines, indent: 4, value: lines.join(' ') },
      {
        head: '>',
        body: [...lines, '', '  more', ...lines],
        indent: 1,
        value: `${lines.join(' ')}\n\n  more\n${lines.join(' ')}\n`,
      },
      { head: '|2', body: lines, indent: 2, value: `${lines.join('\n')}\n` },
      { head: '>2-', body: lines, indent: 2, value: lines.join(' ') },
      { head: '| # comment', body: [...lines, '  ', ''], indent: 2, value: `${lines.join('\n')}\n  \n` },
      { head: '|', body: [...lines, '\t', '\tx'], indent: 2, value: `${lines.join('\n')}\n\t\n\tx\n` },
      {
        head: '|-',
        body: ['', ...lines, '  more', '', ...lines],
        indent: 2,
        value: ['', ...lines, '  more', '', ...lines].join('\n'),
      },
    ),
  );

const leaf: fc.Arbitrary<Printed> = fc.oneof(
  fc
    .tuple(fc.oneof(inline, flow), end)
    .map(([{ text, value }, tail]) => ({ head: text + tail, body: [], indent: 0, value })),
  end.map((tail) => ({ head: tail.trimStart(), body: [], indent: 0, value: null })),
  fc.constant({ head: 'one', body: ['two', 'three'], indent: 2, value: 'one two three' }),
  fc.constant({
    head: 'one',
    body: ['`two` - x,', '', '', '- three', '[four, {', '*five &six |'],
    indent: 1,
    value: 'one `two` - x,\n\n- three [four, { *five &six |',
  }),
  fc.constant({
    head: '"one\\u0041\\x42\\',
    body: ['\\  two \\e\\', '', 'three', '', '', '# four"'],
    indent: 0,
    value: 'oneAB  two \x1b\nthree\n\n# four',
  }),
  fc.constant({ head: "'one''", body: ['two:', "  - three'"], indent: 0, value: "one' two: - three" }),
  fc.constant({ head: '"one', body: ['two', '', 'three"'], indent: 3, value: 'one two\nthree' }),
  fc.constant({
    head: '',
    body: ['{ a: 1,', ' # comment', ' b: [x,', '  y] }'],
    indent: 1,
    value: { a: 1, b: ['x', 'y'] },
  }),
  blockText,
);

const node = fc.letrec<{ node: Printed }>((tie) => ({
  node: fc
    .tuple(
      fc.oneof({ maxDepth: 4, depthSize: 'small' }, leaf, mapOf(tie('node'), [1, 2, 4]), listOf(tie('node'))),
      fc.constantFrom(undefined, undefined, 'If', 'Sub', 'Rain::S3'),
    )
    .map(([printed, tag]) => (tag === undefined ? printed : tagged(printed, tag))),
})).node;

/** Documents with a block map at the top, as all templates have. */
export const yamlTexts: fc.Arbitrary<YamlText> = fc
  .tuple(
    mapOf(node, [0]),
    fc.constantFrom('', '# first\n\n', '---\n'),
    fc.constantFrom('', '\n', '\n\n# last\n'),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([{ body, value }, start, last, lineBreak]) => ({
    text: `${start}${body.join('\n')}${last}`.replaceAll('\n', lineBreak),
    value,
  }));

function mapOf(values: fc.Arbitrary<Printed>, indents: readonly number[]): fc.Arbitrary<Printed> {
  const style = fc.constantFrom('plain', 'plain', 'plain', 'plain', 'explicit', 'repeated');
  const entries = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), values, above, style), {
    minLength: 1,
    maxLength: 4,
    selector: ([key]) => key,
  });
  return fc.tuple(entries, fc.constantFrom(...indents), end).map(([found, indent, tail]) => ({
    head: tail.trimStart(),
    body: found.flatMap(([key, value, lines, style]) => [...lines, ...entryLines(key, value, style)]),
    indent,
    value: Object.fromEntries(found.map(([key, { value }]) => [keyText(key), value])),
  }));
}

function entryLines(key: string, value: Printed, style: string): readonly string[] {
  const plain = [`${key}:${behind(value)}`, ...below(value)];
  if (style === 'repeated') return [`${key}: without effect`, ...plain];
  if (style === 'plain') return plain;
  // Behind such a colon a list stands further right, as everything else does.
  return [`? ${key}`, `:${behind(value)}`, ...below({ ...value, indent: Math.max(value.indent, 1) })];
}

function listOf(values: fc.Arbitrary<Printed>): fc.Arbitrary<Printed> {
  const items = fc.array(fc.tuple(values, above), { minLength: 1, maxLength: 3 });
  return fc.tuple(items, fc.constantFrom(0, 2, 4), end).map(([found, indent, tail]) => ({
    head: tail.trimStart(),
    body: found.flatMap(([value, lines]) => [...lines, ...itemLines(value)]),
    indent,
    value: found.map(([{ value }]) => value),
  }));
}

/** A block without a head starts on the line of the dash where nothing stands above its first line. */
function itemLines(value: Printed): string[] {
  const inner = { ...value, indent: Math.max(value.indent, 2) };
  const [first = '', ...others] = below(inner);
  const isCompact = value.head === '' && /^ +[^ #]/.test(first) && !/^ +[{|>]/.test(first);
  return isCompact ? [`-${first.slice(1)}`, ...others] : [`-${behind(value)}`, ...below(inner)];
}

function behind({ head }: Printed): string {
  return head === '' ? '' : ` ${head}`;
}

function below({ body, indent }: Printed): string[] {
  return body.map((line) => (line === '' ? '' : ' '.repeat(indent) + line));
}

/** Plain scalars under a tag are text, and a tag without a value is not what is tried here. */
function tagged(printed: Printed, tag: string): Printed {
  const { head, body, value } = printed;
  const isTagged =
    typeof value === 'object'
      ? value !== null && !(head === '' && /^\{/.test(body[0] ?? ''))
      : typeof value === 'string';
  if (!isTagged) return printed;
  const result = { ...printed, value: { [`Fn::${tag}`]: value } };
  // The tag of a block may have a line of its own.
  if (/^(?:#|$)/.test(head.trimStart()) && printed.indent === 4)
    return { ...result, body: [`!${tag}`, ...printed.body] };
  return { ...result, head: `!${tag} ${head}`.trimEnd() };
}

function keyText(key: string): string {
  return key.startsWith('"')
    ? key.slice(1, -1)
    : key.startsWith("'")
      ? key.slice(1, -1).replaceAll("''", "'")
      : key.trimEnd();
}
