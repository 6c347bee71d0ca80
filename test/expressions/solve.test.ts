import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import type { Outcome } from '../../src/expressions/resolve.js';
import { consumers, solve, type WantedValue } from '../../src/expressions/solve.js';
import type { Stack, StackTree } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';

const atLeast = (days: number): WantedValue => ({
  value: days,
  isSatisfiedBy: (outcome: Outcome) => outcome.kind === 'value' && Number(outcome.value) >= days,
});

function described(expression: Value, wanted: WantedValue, stack: Stack): readonly string[] | undefined {
  return solve(expression, wanted, stack)?.assignments.map(
    ({ stack: at, parameter, value, writtenAt, link, extendAllowedValues }) =>
      `${at.template.path}#${parameter} = ${JSON.stringify(value)} (${writtenAt}${link === undefined ? '' : ` by ${link.stack.template.path}#${link.logicalId}`}${extendAllowedValues ? ', extended' : ''})`,
  );
}

function rootWith(parameters: string, known: Readonly<Record<string, Value>> = {}): Stack {
  return treeOf({ 't.yaml': `Parameters:\n  ${parameters}\nResources: {A: {Type: AWS::SNS::Topic}}` }, known)
    .root;
}

describe('solve', () => {
  it.each<[string, WantedValue, string | undefined]>([
    ['P: {Type: Number, Default: 30}', atLeast(365), 't.yaml#P = 365 (default)'],
    ["P: {Type: Number, Default: '30'}", atLeast(365), 't.yaml#P = "365" (default)'],
    ['P: {Type: String, Default: 30}', atLeast(365), 't.yaml#P = 365 (default)'],
    ['P: {Type: String, Default: "30"}', atLeast(365), 't.yaml#P = "365" (default)'],
    ['P: {Type: String, Default: "false"}', { value: true }, 't.yaml#P = "true" (default)'],
    ['P: {Type: String, Default: false}', { value: true }, 't.yaml#P = true (default)'],
    [
      'P: {Type: Number, Default: 30, AllowedValues: [30, 731, 400, 365]}',
      atLeast(365),
      't.yaml#P = 365 (default)',
    ],
    [
      'P: {Type: Number, Default: 30, AllowedValues: [30, 731, 400]}',
      atLeast(365),
      't.yaml#P = 400 (default)',
    ],
    [
      'P: {Type: Number, Default: 30, AllowedValues: [30, 60]}',
      atLeast(365),
      't.yaml#P = 365 (default, extended)',
    ],
    [
      'P: {Type: Number, Default: 30, AllowedValues: [30, 731]}',
      { value: 365 },
      't.yaml#P = 365 (default, extended)',
    ],
    ['P: {Type: Number, Default: 30, MaxValue: 90}', atLeast(365), undefined],
    [
      'P: {Type: Number, Default: 500, MinValue: 400}',
      {
        value: 365,
        isSatisfiedBy: ({ kind, ...rest }) =>
          kind === 'value' && 'value' in rest && Number(rest.value) <= 400,
      },
      't.yaml#P = 400 (default)',
    ],
    [
      "P: {Type: String, Default: '', AllowedPattern: '^(|[A-Z]{2})$'}",
      { value: 'US' },
      't.yaml#P = "US" (default)',
    ],
    ["P: {Type: String, Default: '', AllowedPattern: '[A-Z]{2}'}", { value: 'USA' }, undefined],
    ["P: {Type: String, Default: '', AllowedPattern: '([unclosed'}", { value: 'US' }, undefined],
    ["P: {Type: String, Default: '', AllowedPattern: '(A+)+$'}", { value: `${'A'.repeat(200)}!` }, undefined],
    ["P: {Type: String, Default: '', MaxLength: 1}", { value: 'US' }, undefined],
    ['P: {Type: String, Default: x, NoEcho: true}', { value: 'y' }, undefined],
    ['P: {Type: Number}', atLeast(365), undefined],
    ["P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /n}", { value: 'y' }, undefined],
  ])('Ref to %s', (parameter, wanted, expected) => {
    expect(described({ Ref: 'P' }, wanted, rootWith(parameter))).toEqual(expected && [expected]);
  });

  it('assigns nothing where the value will do already', () => {
    expect(described({ Ref: 'P' }, atLeast(365), rootWith('P: {Type: Number, Default: 400}'))).toEqual([]);
  });

  it('changes a known value', () => {
    expect(described({ Ref: 'P' }, atLeast(365), rootWith('P: {Type: Number}', { P: '30' }))).toEqual([
      't.yaml#P = "365" (default)',
    ]);
  });

  it.each<[Value, Value, readonly string[] | undefined]>([
    [30, 365, undefined],
    [{ 'Fn::ImportValue': 'x' }, 365, undefined],
    [{ 'Fn::Sub': 'a-${P}-b' }, 'a-x-b', ['t.yaml#P = "x" (default)']],
    [{ 'Fn::Sub': 'a-${P}-b' }, 'c', undefined],
    [{ 'Fn::Split': [',', { Ref: 'P' }] }, ['US', 'CA'], ['t.yaml#P = "US,CA" (default)']],
    [{ Ref: 'L' }, ['US', 'CA'], ['t.yaml#L = "US,CA" (default)']],
    [{ a: { Ref: 'P' }, b: 1 }, { a: 'x', b: 1 }, ['t.yaml#P = "x" (default)']],
    [{ a: { Ref: 'P' }, b: 1 }, { a: 'x', b: 2 }, undefined],
    [{ a: { Ref: 'P' }, c: { Ref: 'L' } }, { a: 'x' }, undefined],
    [{ a: { Ref: 'P' }, b: { Ref: 'P' } }, { a: 'x', b: 'x' }, ['t.yaml#P = "x" (default)']],
    [{ a: { Ref: 'P' }, b: { Ref: 'P' } }, { a: 'x', b: 'y' }, undefined],
    [
      { a: { Ref: 'P' }, b: { 'Fn::Join': [',', { Ref: 'L' }] } },
      { a: 'x', b: 'US,CA' },
      ['t.yaml#P = "x" (default)', 't.yaml#L = "US,CA" (default)'],
    ],
    [{ 'Fn::Join': [',', { Ref: 'L' }] }, 'US,CA', ['t.yaml#L = "US,CA" (default)']],
    [{ 'Fn::Join': ['-', { Ref: 'L' }] }, 'US-CA', undefined],
    [{ 'Fn::Join': [',', ['US', { Ref: 'P' }]] }, 'US,CA', undefined],
    [{ 'Fn::Split': [',', { Ref: 'P' }] }, 'US', undefined],
    [{ 'Fn::Sub': '${P}-${P}' }, 'x-x', undefined],
    [{ 'Fn::Sub': '${P}${!P}' }, 'x${P}', undefined],
    [{ 'Fn::Sub': 'a${P}' }, ['ax'], undefined],
    [{ 'Fn::Sub': ['${P}', {}] }, 'x', undefined],
    [{ 'Fn::Sub': '${P}-b' }, 'x-c', undefined],
    [{ Ref: 'A' }, 'x', undefined],
    [{ 'Fn::FindInMap': ['Missing', { Ref: 'P' }, 'k'] }, 'x', undefined],
    [{ 'Fn::GetAtt': ['A', 'TopicName'] }, 'x', undefined],
    [{ 'Fn::GetAtt': 'A.TopicName' }, 'x', undefined],
  ])('%j to %j', (expression, value, expected) => {
    const stack = rootWith("P: {Type: String, Default: ''}\n  L: {Type: CommaDelimitedList, Default: ''}");
    expect(described(expression, { value }, stack)).toEqual(expected);
  });

  it('finds the key of a mapping', () => {
    const { root } = treeOf({
      't.yaml': `Parameters: {Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}}
Mappings: {Days: {dev: {logs: 7}, prod: {logs: 365}}}
Resources: {A: {Type: AWS::SNS::Topic}}`,
    });
    expect(described({ 'Fn::FindInMap': ['Days', { Ref: 'Stage' }, 'logs'] }, atLeast(365), root)).toEqual([
      't.yaml#Stage = "prod" (default)',
    ]);
  });
});

describe('solve through a choice', () => {
  const template = (environment: string) => `Parameters:
  Countries: {Type: String, Default: '', AllowedPattern: '^(|[A-Z]{2}(,[A-Z]{2})*)$'}
  Days: {Type: Number, Default: 30}
  Other: {Type: Number, Default: 30}
  Environment: {Type: String, Default: dev, ${environment}}
Conditions:
  HasCountries: !Not [!Equals [!Ref Countries, '']]
  IsProd: !Equals [!Ref Environment, prod]
Resources: {A: {Type: AWS::SNS::Topic}}`;
  const { root } = treeOf({ 't.yaml': template('AllowedValues: [dev, prod]') });

  it('gives the value that both opens the branch and fills it', () => {
    const restrictions = {
      'Fn::If': [
        'HasCountries',
        {
          GeoRestriction: {
            RestrictionType: 'whitelist',
            Locations: { 'Fn::Split': [',', { Ref: 'Countries' }] },
          },
        },
        { GeoRestriction: { RestrictionType: 'none' } },
      ],
    };
    const value = { GeoRestriction: { RestrictionType: 'whitelist', Locations: ['US', 'CA'] } };
    expect(described(restrictions, { value }, root)).toEqual(['t.yaml#Countries = "US,CA" (default)']);
  });

  it('brings both branches there when either can be taken', () => {
    const choice = { 'Fn::If': ['IsProd', { Ref: 'Days' }, { Ref: 'Other' }] };
    expect(described(choice, atLeast(365), root)).toEqual([
      't.yaml#Days = 365 (default)',
      't.yaml#Other = 365 (default)',
    ]);
    expect(described({ 'Fn::If': ['IsProd', 365, { Ref: 'Other' }] }, atLeast(365), root)).toEqual([
      't.yaml#Other = 365 (default)',
    ]);
  });

  it('does not take a default for a decision', () => {
    expect(described({ 'Fn::If': ['IsProd', 365, 7] }, atLeast(365), root)).toBeUndefined();
  });

  it('decides where the value is known', () => {
    const parameter = 'Keep: {Type: String, Default: short, AllowedValues: [short, long]}';
    const text = `Parameters: {${parameter}}\nConditions: {IsLong: !Equals [!Ref Keep, long]}\nResources: {A: {Type: AWS::SNS::Topic}}\n`;
    const known = treeOf({ 't.yaml': text }, { Keep: 'short' }).root;
    expect(described({ 'Fn::If': ['IsLong', 365, 7] }, atLeast(365), known)).toEqual([
      't.yaml#Keep = "long" (default)',
    ]);
  });

  // Kind C: a stage means something else.
  it('never decides which stage a stack is of', () => {
    const known = treeOf({ 't.yaml': template('AllowedValues: [dev, prod]') }, { Environment: 'dev' }).root;
    expect(described({ 'Fn::If': ['IsProd', 365, 7] }, atLeast(365), known)).toBeUndefined();
  });
});

const nested = (passed: string, child = 'Days: {Type: Number}'): StackTree =>
  treeOf({
    't.yaml': `Parameters: {Retention: {Type: Number, Default: 30}}
Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {${passed}}}}}`,
    'c.yaml': `Parameters: {${child}}
Conditions: {IsLong: !Equals [!Ref Days, 365]}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
  Extra: {Type: AWS::SNS::Topic, Condition: IsLong}`,
  });

function childOf({ stacks: [, child] }: StackTree): Stack {
  if (child === undefined) throw new Error('no child');
  return child;
}

/** A root whose parameters are known, so that its conditions are decided. */
function decided(parameters: string, conditions: string, known: Readonly<Record<string, Value>>): Stack {
  const text = `Parameters: {${parameters}}\nConditions: {${conditions}}\nResources: {A: {Type: AWS::SNS::Topic}}\n`;
  return treeOf({ 't.yaml': text }, known).root;
}

describe('solve through a condition that is decided', () => {
  const keep = 'Keep: {Type: String, Default: short, AllowedValues: [short, long]}';
  const open = 'Days: {Type: Number, Default: 30}';
  const closed = 'Days: {Type: Number, Default: 30, AllowedValues: [30, 60]}';
  const isLong = 'IsLong: !Equals [!Ref Keep, long]';
  const choice = { 'Fn::If': ['IsLong', 365, { Ref: 'Days' }] };

  it.each([
    [
      'the value before an allowed value that has to be added',
      [keep, closed],
      ['t.yaml#Keep = "long" (default)'],
    ],
    [
      'the branch that is taken before another one',
      [`${keep.replace('short, long', 'short, x')}`, open],
      ['t.yaml#Days = 365 (default)'],
    ],
  ])('takes %s', (_, parameters, expected) => {
    const stack = decided(parameters.join(', '), isLong, { Keep: 'short', Days: 30 });
    expect(described(choice, atLeast(365), stack)).toEqual(expected);
  });

  it('assigns one parameter rather than two', () => {
    const stack = decided(
      "A: {Type: String, Default: 'no', AllowedValues: ['no', 'yes']}, B: {Type: String, Default: 'no', AllowedValues: ['no', 'yes']}, Days: {Type: Number, Default: 30}",
      "Both: !And [!Equals [!Ref A, 'yes'], !Equals [!Ref B, 'yes']]",
      { A: 'no', B: 'no', Days: 30 },
    );
    expect(described({ 'Fn::If': ['Both', 365, 7] }, atLeast(365), stack)).toEqual([
      't.yaml#A = "yes" (default)',
      't.yaml#B = "yes" (default)',
    ]);
    expect(described({ 'Fn::If': ['Both', 365, { Ref: 'Days' }] }, atLeast(365), stack)).toEqual([
      't.yaml#Days = 365 (default)',
    ]);
  });

  it('gives the value that opens its own branch', () => {
    const stack = decided('Days: {Type: Number, Default: 30}', "Longer: !Not [!Equals [!Ref Days, '30']]", {
      Days: 30,
    });
    expect(described({ 'Fn::If': ['Longer', { Ref: 'Days' }, 1] }, atLeast(365), stack)).toEqual([
      't.yaml#Days = 365 (default)',
    ]);
  });

  it('decides nothing for parameters that are open: their defaults are but defaults', () => {
    expect(
      described({ 'Fn::If': ['IsLong', 365, 7] }, atLeast(365), decided(keep, isLong, {})),
    ).toBeUndefined();
  });

  it('adds no allowed value that only a condition asks for', () => {
    const stack = decided(keep, 'IsForever: !Equals [!Ref Keep, forever]', { Keep: 'short' });
    expect(described({ 'Fn::If': ['IsForever', 365, 7] }, atLeast(365), stack)).toBeUndefined();
  });

  it.each<[string, string, string, readonly string[]]>([
    [
      'a position',
      'Tier: {Type: Number, Default: 0}',
      '!Equals [!Select [!Ref Tier, [a, b, c]], c]',
      ['t.yaml#Tier = 2 (default)'],
    ],
    [
      'a row of a mapping',
      'Size: {Type: String, Default: s}',
      '!Equals [!FindInMap [Sizes, !Ref Size, mb], 512]',
      ['t.yaml#Size = "l" (default)'],
    ],
    [
      'a column of a mapping',
      'Size: {Type: String, Default: mb}',
      '!Equals [!FindInMap [Sizes, s, !Ref Size], 9]',
      ['t.yaml#Size = "gb" (default)'],
    ],
    [
      'a part of a text',
      'Size: {Type: String, Default: s}',
      '!Equals [!Sub "x-${Size}", x-l]',
      ['t.yaml#Size = "l" (default)'],
    ],
    [
      'what is joined of it',
      'Size: {Type: String, Default: s}',
      "!Equals [!Select [0, !Split ['-', !Join ['-', [!FindInMap [Sizes, !Ref Size, mb], y]]]], '512']",
      ['t.yaml#Size = "l" (default)'],
    ],
  ])('finds the value a condition asks for by %s', (_, parameter, condition, expected) => {
    const name = parameter.split(':')[0] ?? '';
    const usual = /Default: (\w+)/.exec(parameter)?.[1] ?? '';
    const { root } = treeOf(
      {
        't.yaml': `Parameters: {${parameter}}
Mappings: {Sizes: {s: {mb: 128, gb: 9}, l: {mb: 512, gb: 8}}}
Conditions: {Is: ${condition}}
Resources: {A: {Type: AWS::SNS::Topic}}`,
      },
      { [name]: name === 'Tier' ? Number(usual) : usual },
    );
    expect(described({ 'Fn::If': ['Is', 365, 7] }, atLeast(365), root)).toEqual(expected);
  });

  it('does not decide a condition and add an allowed value at once', () => {
    const stack = decided([keep, closed].join(', '), isLong, { Keep: 'short', Days: 30 });
    expect(described({ 'Fn::If': ['IsLong', { Ref: 'Days' }, 7] }, atLeast(365), stack)).toBeUndefined();
    expect(described({ 'Fn::If': ['IsLong', { Ref: 'Days' }, 7] }, atLeast(45), stack)).toEqual([
      't.yaml#Days = 60 (default)',
      't.yaml#Keep = "long" (default)',
    ]);
  });

  it('takes the first allowed value that is not the one a condition rules out', () => {
    const stack = decided(
      "Where: {Type: String, Default: '', AllowedValues: ['', eu, us]}",
      "Somewhere: !Not [!Equals [!Ref Where, '']]",
      { Where: '' },
    );
    expect(described({ 'Fn::If': ['Somewhere', 365, 7] }, atLeast(365), stack)).toEqual([
      't.yaml#Where = "eu" (default)',
    ]);
  });

  it('gives one parameter one value, where branch and condition want different ones', () => {
    const stack = decided('Days: {Type: Number, Default: 30}', "Few: !Equals [!Ref Days, '7']", { Days: 30 });
    expect(described({ 'Fn::If': ['Few', { Ref: 'Days' }, 1] }, atLeast(365), stack)).toBeUndefined();
  });

  // Kind C: a stage means something else.
  it.each([
    ['Mode', '[dev, prod]'],
    ['Mode', '[small, Staging]'],
    ['Mode', '[x, pre-prod]'],
    ['Mode', '[x, preprod]'],
    ['Mode', '[x, stag]'],
    ['Mode', '[x, stg]'],
    ['Mode', '[x, non-prod]'],
    ['Mode', '[x, acceptance]'],
    ['Mode', '[beta, x]'],
    ['Stage', '[small, large]'],
    ['StageName', '[small, large]'],
    ['AppEnv', '[small, large]'],
    ['ENVIRONMENT', '[small, large]'],
  ])('never decides a stage: %s of %s', (name, allowed) => {
    const values = allowed.slice(1, -1).split(', ');
    const stack = decided(
      `${name}: {Type: String, Default: ${values[0]}, AllowedValues: ${allowed}}`,
      `Is: !Equals [!Ref ${name}, ${values[1]}]`,
      { [name]: values[0] ?? '' },
    );
    expect(described({ 'Fn::If': ['Is', 365, 7] }, atLeast(365), stack)).toBeUndefined();
  });

  it.each([
    ['Mode', '[small, large]'],
    ['Stages', '[small, large]'],
    ['Mode', '[reproduction, delivery]'],
    ['Mode', '[x, production-like]'],
  ])('decides what is no stage: %s of %s', (name, allowed) => {
    const values = allowed.slice(1, -1).split(', ');
    const stack = decided(
      `${name}: {Type: String, Default: ${values[0]}, AllowedValues: ${allowed}}`,
      `Is: !Equals [!Ref ${name}, ${values[1]}]`,
      { [name]: values[0] ?? '' },
    );
    expect(described({ 'Fn::If': ['Is', 365, 7] }, atLeast(365), stack)).toEqual([
      `t.yaml#${name} = "${values[1]}" (default)`,
    ]);
  });
});

describe('solve in a nested stack', () => {
  it.each([
    ['Days: !Ref Retention', undefined, ['t.yaml#Retention = 365 (default)']],
    ['Days: 30', undefined, ['c.yaml#Days = 365 (passed by t.yaml#Child)']],
    ["Days: '30'", undefined, ['c.yaml#Days = "365" (passed by t.yaml#Child)']],
    ['', 'Days: {Type: Number, Default: 30}', ['c.yaml#Days = 365 (default)']],
    ['Days: !Ref Retention', 'Days: {Type: Number, Default: 30}', ['t.yaml#Retention = 365 (default)']],
    [
      'Days: !Ref Retention',
      'Days: {Type: Number, AllowedValues: [30, 400]}',
      ['t.yaml#Retention = 400 (default)'],
    ],
    ['Days: !Ref Retention', 'Days: {Type: Number, MaxValue: 90}', undefined],
    ['', undefined, undefined],
    ['Days: !ImportValue x', undefined, undefined],
  ])('that is passed {%s} for %s', (passed, child, expected) => {
    expect(described({ Ref: 'Days' }, atLeast(365), childOf(nested(passed, child)))).toEqual(expected);
  });

  it('that two parents create', () => {
    const tree = treeOf({
      't.yaml': `Parameters: {R: {Type: Number, Default: 30}}
Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {Days: !Ref R}}}
  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {Days: 7}}}`,
      'c.yaml': 'Parameters: {Days: {Type: Number}}\nResources: {A: {Type: AWS::SNS::Topic}}',
    });
    expect(described({ Ref: 'Days' }, atLeast(365), childOf(tree))).toEqual([
      't.yaml#R = 365 (default)',
      'c.yaml#Days = 365 (passed by t.yaml#B)',
    ]);
  });
});

describe('solve in a template that is nested twice', () => {
  const twice = (first: string, second: string) =>
    childOf(
      treeOf({
        't.yaml': `Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {${first}}}}
  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {${second}}}}`,
        'c.yaml': 'Parameters: {Days: {Type: Number, Default: 30}}\nResources: {A: {Type: AWS::SNS::Topic}}',
      }),
    );

  it.each([
    ['', '', ['c.yaml#Days = 365 (default)']],
    ['', 'Days: 7', ['c.yaml#Days = 365 (default)', 'c.yaml#Days = 365 (passed by t.yaml#B)']],
    ['Days: 7', '', ['c.yaml#Days = 365 (passed by t.yaml#A)', 'c.yaml#Days = 365 (default)']],
    [
      'Days: 7',
      'Days: 400',
      ['c.yaml#Days = 365 (passed by t.yaml#A)', 'c.yaml#Days = 365 (passed by t.yaml#B)'],
    ],
  ])('with {%s} and {%s}', (first, second, expected) => {
    expect(described({ Ref: 'Days' }, { value: 365 }, twice(first, second))).toEqual(expected);
  });
});

describe('solve through an output of a nested stack', () => {
  const tree = treeOf({
    't.yaml': `Parameters: {Days: {Type: Number, Default: 30}}
Resources:
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {Days: 7}}}
  Other: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://x/y'}}`,
    'c.yaml': `Parameters: {Days: {Type: Number}}
Resources: {A: {Type: AWS::SNS::Topic}}
Outputs: {Kept: {Value: !Ref Days}, Fixed: {Value: 365}}`,
  });

  it.each<[string, readonly string[] | undefined]>([
    ['Child.Outputs.Kept', ['c.yaml#Days = 365 (passed by t.yaml#Child)']],
    ['Child.Outputs.Fixed', []],
    ['Child.Outputs.Missing', undefined],
    ['Child.Other', undefined],
    ['Other.Outputs.Kept', undefined],
  ])('%s', (attribute, expected) => {
    const [logicalId = '', ...name] = attribute.split('.');
    const expression = { 'Fn::GetAtt': [logicalId, name.join('.')] };
    expect(described(expression, atLeast(365), tree.root)).toEqual(expected);
  });

  // Parameters of one name in two templates are two parameters.
  it('together with a parameter of the same name', () => {
    const expression = { a: { Ref: 'Days' }, b: { 'Fn::GetAtt': ['Child', 'Outputs.Kept'] } };
    expect(described(expression, { value: { a: 90, b: 365 } }, tree.root)).toEqual([
      't.yaml#Days = 90 (default)',
      'c.yaml#Days = 365 (passed by t.yaml#Child)',
    ]);
  });
});

describe('consumers', () => {
  it('are found through conditions and nested stacks', () => {
    const tree = nested('Days: !Ref Retention');
    const found = consumers(tree, tree.root, 'Retention').map(
      ({ stack, logicalId, path, condition }) =>
        `${stack.template.path} ${logicalId} ${path.join('/')} ${condition ?? ''}`,
    );
    expect(found).toEqual([
      'c.yaml null Conditions/IsLong/Fn::Equals/0 ',
      'c.yaml Extra Resources/Extra IsLong',
      'c.yaml Logs Resources/Logs/Properties/RetentionInDays ',
    ]);
  });

  it('include where a value is passed to a template that is not at hand', () => {
    const tree = treeOf({
      't.yaml': `Parameters: {P: {Type: String}, Q: {Type: String}}
Globals: {Function: {Environment: {Variables: {P: !Ref P}}}}
Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://x/y', Parameters: {X: !Sub 'a-\${P}'}}}
Outputs: {O: {Value: !Sub ['\${P}\${Q}', {Q: !Ref P}]}}`,
    });
    expect(consumers(tree, tree.root, 'P').map(({ path }) => path.join('/'))).toEqual([
      'Globals/Function/Environment/Variables/P',
      'Resources/A/Properties/Parameters/X',
      'Outputs/O/Value',
      'Outputs/O/Value/Fn::Sub/1/Q',
    ]);
    expect(consumers(tree, tree.root, 'Q')).toEqual([]);
  });
});
