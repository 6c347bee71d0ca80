import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import {
  choicesOf,
  conditionValues,
  numberOf,
  type Resolution,
  resolve,
  resolveAt,
  resolveName,
  scalarText,
} from '../../src/expressions/resolve.js';
import type { Stack } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';

const resources = 'Resources: {Key: {Type: AWS::KMS::Key}, Other: {Type: AWS::SNS::Topic}}';

function stackOf(sections: string, parameters: Readonly<Record<string, Value>> = {}): Stack {
  return treeOf({ 'template.yaml': `${sections}\n${resources}` }, parameters).root;
}

/** Each branch in one line: path, outcome, what is assumed, the parameters it came through. */
function lines(
  expression: Value | undefined,
  stack: Stack,
  overrides?: ReadonlyMap<string, Value>,
): readonly string[] {
  return said(resolve(expression, stack, overrides));
}

function said(resolution: Resolution): readonly string[] {
  return resolution.map(({ outcome, path, assuming, parameters }) => {
    const text = {
      value: () => JSON.stringify('value' in outcome ? outcome.value : null),
      absent: () => 'absent',
      resource: () =>
        'logicalId' in outcome
          ? `${outcome.stack.template.path}!${outcome.logicalId}.${outcome.attribute}`
          : '',
      unknown: () =>
        'because' in outcome
          ? `? ${outcome.because}${outcome.text === undefined ? '' : ` [${outcome.text}]`}`
          : '',
    }[outcome.kind]();
    const assumed = Object.entries(assuming).map(
      ([key, holds]) => ` ${holds ? 'if' : 'unless'} ${key.split('#')[1]}`,
    );
    const through = parameters.map(
      ({ stack: at, name }) => ` via ${at.template.path.replace('.yaml', '')}#${name}`,
    );
    return `${path.length === 0 ? '' : `/${path.join('/')} `}${text}${assumed.join('')}${through.join('')}`;
  });
}

describe('literals', () => {
  const stack = stackOf('');
  it.each<[Value | undefined, string]>([
    [undefined, 'absent'],
    [null, 'absent'],
    [{ Ref: 'AWS::NoValue' }, 'absent'],
    [3, '3'],
    ['text', '"text"'],
    [{ a: { b: [1] } }, '{"a":{"b":[1]}}'],
    ['{{resolve:ssm:/a}}', '? a dynamic reference is looked up at deployment [{{resolve:ssm:/a}}]'],
    [{ Ref: 'AWS::Region' }, '? AWS::Region is known at deployment only [${AWS::Region}]'],
    [{ 'Fn::ImportValue': 'x' }, '? Fn::ImportValue is worked out by CloudFormation'],
    [{ 'Fn::Transform': { Name: 'x' } }, '? Fn::Transform is worked out by CloudFormation'],
    [{ Ref: 'Nobody' }, '? Nobody is neither a parameter nor a resource of template.yaml'],
    [{ Ref: 'Key' }, 'template.yaml!Key.Ref'],
    [{ 'Fn::GetAtt': ['Key', 'Arn'] }, 'template.yaml!Key.Arn'],
    [{ 'Fn::GetAtt': ['Nobody', 'Arn'] }, '? Nobody is not a resource of template.yaml'],
  ])('%j', (expression, expected) => {
    expect(lines(expression, stack)).toEqual([expected]);
  });

  it('knows pseudo parameters that are given', () => {
    expect(lines({ 'Fn::Sub': 'in ${AWS::Region}' }, stackOf('', { 'AWS::Region': 'eu-west-1' }))).toEqual([
      '"in eu-west-1"',
    ]);
  });

  it('settles what it can inside maps and lists and leaves the rest as written', () => {
    const withDefault = stackOf('Parameters: {Days: {Type: Number, Default: 30}, Open: {Type: String}}');
    const expression = {
      a: { Ref: 'Days' },
      b: { Ref: 'Open' },
      c: { Ref: 'AWS::NoValue' },
      d: [{ Ref: 'AWS::NoValue' }, { Ref: 'Key' }],
    };
    expect(resolve(expression, withDefault)[0]?.outcome).toEqual({
      kind: 'value',
      value: { a: 30, b: { Ref: 'Open' }, d: [{ Ref: 'Key' }] },
    });
  });
});

describe('parameters', () => {
  const parameters = `Parameters:
  Days: {Type: Number, Default: '30'}
  Open: {Type: String}
  List: {Type: CommaDelimitedList, Default: 'a, b'}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /name}`;

  it('have the known value, else the default', () => {
    expect(lines({ Ref: 'Days' }, stackOf(parameters))).toEqual(['30 via template#Days']);
    expect(lines({ Ref: 'Days' }, stackOf(parameters, { Days: '365' }))).toEqual(['365 via template#Days']);
  });

  it('have the override before everything else', () => {
    const stack = stackOf(parameters, { Days: 1 });
    expect(lines({ Ref: 'Days' }, stack, new Map([['Days', 400]]))).toEqual(['400 via template#Days']);
  });

  it('are unknown without either, and when they are read from the parameter store', () => {
    expect(lines({ Ref: 'Open' }, stackOf(parameters))).toEqual([
      '? parameter Open has no default and no known value via template#Open',
    ]);
    expect(lines({ Ref: 'Stored' }, stackOf(parameters))).toEqual([
      '? parameter Stored is read from the parameter store at deployment via template#Stored',
    ]);
  });

  it('of a list type are lists', () => {
    expect(lines({ Ref: 'List' }, stackOf(parameters))).toEqual(['["a","b"] via template#List']);
  });
});

describe('Fn::If', () => {
  const sections = `Parameters:
  Environment: {Type: String, Default: dev, AllowedValues: [dev, test, prod]}
  KeyArn: {Type: String, Default: ''}
  Given: {Type: String, Default: arn:aws:kms:x}
  Open: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Environment, prod]
  IsDev: !Equals [!Ref Environment, dev]
  IsTest: !Equals [!Ref Environment, test]
  IsNeither: !Not [!Or [!Condition IsProd, !Condition IsDev, !Condition IsTest]]
  HasKey: !Not [!Equals [!Ref KeyArn, '']]
  HasGiven: !Not [!Equals ['', !Ref Given]]
  HasAttribute: !Not [!Equals [!GetAtt Key.Arn, '']]
  HasRegion: !Not [!Equals [!Ref AWS::Region, '']]
  HasPrefixed: !Not [!Equals [!Sub 'x-\${Open}', '']]
  Constant: !Equals [a, a]
  Circular: !Not [!Condition Circular]
  IsUsEast1: !Equals [!Ref AWS::Region, us-east-1]
  Both: !And [!Condition HasKey, !Condition IsProd]`;
  const stack = stackOf(sections);
  const choice = (condition: string, whenTrue: Value = 'yes', whenFalse: Value = 'no'): Value => ({
    'Fn::If': [condition, whenTrue, whenFalse],
  });

  it('goes both ways when the deploying role may choose', () => {
    expect(lines(choice('IsProd'), stack)).toEqual([
      '/Fn::If/1 "yes" if IsProd',
      '/Fn::If/2 "no" unless IsProd',
    ]);
  });

  it.each(['HasGiven', 'HasAttribute', 'HasRegion', 'HasPrefixed', 'Constant'])(
    'goes one way for %s',
    (condition) => {
      expect(lines(choice(condition), stack)).toEqual(['/Fn::If/1 "yes"']);
    },
  );

  it('never goes where the allowed values do not lead', () => {
    expect(lines(choice('IsNeither'), stack)).toEqual(['/Fn::If/2 "no"']);
  });

  it.each(['HasKey', 'Circular', 'Undefined', 'IsUsEast1'])('goes both ways for %s', (condition) => {
    expect(lines(choice(condition), stack)).toHaveLength(2);
  });

  it('goes the way known values lead', () => {
    const known = stackOf(sections, { Environment: 'prod', KeyArn: '' });
    expect(lines(choice('IsProd'), known)).toEqual(['/Fn::If/1 "yes"']);
    expect(lines(choice('Both'), known)).toEqual(['/Fn::If/2 "no"']);
    expect(lines(choice('IsProd'), known, new Map([['Environment', 'dev']]))).toEqual(['/Fn::If/2 "no"']);
  });

  it('does not contradict itself further in', () => {
    expect(lines(choice('IsProd', choice('IsProd', 1, 2), choice('IsProd', 3, 4)), stack)).toEqual([
      '/Fn::If/1/Fn::If/1 1 if IsProd',
      '/Fn::If/2/Fn::If/2 4 unless IsProd',
    ]);
    expect(lines(choice('IsProd', choice('IsDev', 1, 2), 3), stack)).toEqual([
      '/Fn::If/1/Fn::If/2 2 if IsProd',
      '/Fn::If/2 3 unless IsProd',
    ]);
    expect(lines(choice('IsProd', 1, choice('IsDev', 2, choice('IsTest', 3, 4))), stack)).toEqual([
      '/Fn::If/1 1 if IsProd',
      '/Fn::If/2/Fn::If/1 2 unless IsProd if IsDev',
      '/Fn::If/2/Fn::If/2/Fn::If/1 3 unless IsProd unless IsDev',
    ]);
  });

  it('lets a parameter have what the branch says of it', () => {
    expect(lines(choice('IsProd', { Ref: 'Environment' }, 'no'), stack)[0]).toBe(
      '/Fn::If/1 "prod" if IsProd via template#Environment',
    );
    expect(lines(choice('HasKey', { Ref: 'KeyArn' }, 'no'), stack)[0]).toBe(
      '/Fn::If/1 ? parameter KeyArn is not at its default here if HasKey via template#KeyArn',
    );
  });

  it('agrees in all parts of a text', () => {
    expect(
      lines({ 'Fn::Join': ['-', [choice('IsProd', 'a', 'b'), choice('IsProd', 'c', 'd')]] }, stack),
    ).toEqual(['"a-c" if IsProd', '"b-d" unless IsProd']);
  });

  it('goes on where the condition of the resource says that a parameter is emptied', () => {
    const emptied = stackOf(`Parameters:
  Key: {Type: String, Default: arn}
  Stage: {Type: String, Default: dev}
Conditions:
  HasNoKey: !Equals [!Ref Key, '']
  IsProd: !Equals [!Ref Stage, prod]`);
    const branches = resolveAt(choice('IsProd', 1, 2), [], emptied, 'HasNoKey');
    expect(branches.map(({ outcome }) => outcome)).toEqual([
      { kind: 'value', value: 1 },
      { kind: 'value', value: 2 },
    ]);
  });

  it('may depend on the item that a parameter selects', () => {
    const tiers = stackOf(`Parameters:
  Tier: {Type: Number, Default: 1, AllowedValues: [0, 1]}
Conditions:
  IsShort: !Equals [!Select [!Ref Tier, [long, short]], short]
  IsOther: !Equals [!Select [!Ref Tier, [long, short]], other]`);
    expect(lines(choice('IsShort', 7, 365), tiers)).toEqual([
      '/Fn::If/1 7 if IsShort',
      '/Fn::If/2 365 unless IsShort',
    ]);
    expect(lines(choice('IsOther', 7, 365), tiers)).toEqual(['/Fn::If/2 365']);
  });

  it('may have no value on one side', () => {
    expect(lines(choice('IsProd', 1, { Ref: 'AWS::NoValue' }), stack)[1]).toBe(
      '/Fn::If/2 absent unless IsProd',
    );
  });
});

describe('folding', () => {
  const stack = stackOf(`Parameters:
  Name: {Type: String, Default: logs}
  List: {Type: CommaDelimitedList, Default: 'a,b'}
  Open: {Type: String}
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Mappings:
  Sizes: {dev: {days: 7}, prod: {days: 365}}
  Same: {a: {x: 1}, b: {x: 1}}
  Odd: {dev: text}`);

  it.each<[Value, readonly string[]]>([
    [{ 'Fn::Sub': '/x/${Name}' }, ['"/x/logs" via template#Name']],
    [{ 'Fn::Sub': ['${A}-${Name}', { A: 'own' }] }, ['"own-logs" via template#Name']],
    [{ 'Fn::Sub': '${Key.Arn}' }, ['template.yaml!Key.Arn']],
    [{ 'Fn::Sub': '${!Literal} and ${Name}' }, ['"${Literal} and logs" via template#Name']],
    [
      { 'Fn::Sub': 'arn:${AWS::Partition}:x:${Name}' },
      ['? AWS::Partition is known at deployment only [arn:${AWS::Partition}:x:logs] via template#Name'],
    ],
    [{ 'Fn::Sub': '${Key.Arn}/*' }, ['? Key is named by the service [${Key.Arn}/*]']],
    [{ 'Fn::Join': [',', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, ['"a,b"']],
    [{ 'Fn::Join': ['|', { Ref: 'List' }] }, ['"a|b" via template#List']],
    [{ 'Fn::Split': [',', 'a,b'] }, ['["a","b"]']],
    [
      { 'Fn::Split': [',', { Ref: 'Open' }] },
      ['? parameter Open has no default and no known value via template#Open'],
    ],
    [{ 'Fn::Select': [1, { Ref: 'List' }] }, ['"b" via template#List']],
    [{ 'Fn::Select': ['1', ['a', { Ref: 'Name' }]] }, ['/Fn::Select/1/1 "logs" via template#Name']],
    [{ 'Fn::Select': [5, { 'Fn::Split': [',', 'a,b'] }] }, ['? Fn::Select looks behind the end of its list']],
    [{ 'Fn::FindInMap': ['Sizes', 'prod', 'days'] }, ['365']],
    [{ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'days'] }, ['7 via template#Stage']],
    [{ 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'days'] }, ['7', '365']],
    [{ 'Fn::FindInMap': ['Same', { Ref: 'AWS::Region' }, 'x'] }, ['1']],
    [{ 'Fn::FindInMap': ['None', 'a', 'b'] }, ['? mapping None cannot be looked up']],
    [{ 'Fn::FindInMap': ['None', 'a', 'b', { DefaultValue: 9 }] }, ['9']],
    [
      { 'Fn::FindInMap': ['Sizes', 'dev', 'none', { DefaultValue: { Ref: 'Name' } }] },
      ['"logs" via template#Name'],
    ],
    [{ 'Fn::FindInMap': ['Odd', 'dev', { Ref: 'AWS::Region' }] }, ['? mapping Odd cannot be looked up']],
    [{ 'Fn::Sub': '' }, ['""']],
    [{ 'Fn::FindInMap': ['Sizes', 'none', 'days'] }, ['? mapping Sizes cannot be looked up']],
    [{ 'Fn::FindInMap': ['Sizes', 'toString', 'days'] }, ['? mapping Sizes cannot be looked up']],
    [{ 'Fn::FindInMap': [{ Ref: 'Key' }, 'a', 'b'] }, ['? mapping names cannot be looked up']],
    [{ 'Fn::Join': [{ a: 1 }, ['x']] }, ['? Fn::Join has no delimiter']],
    [{ 'Fn::Join': [{ Ref: 'Open' }, ['x']] }, ['? Fn::Join has no delimiter via template#Open']],
    [{ 'Fn::Join': [',', 'x'] }, ['? Fn::Join has no list']],
    [{ 'Fn::Join': [',', { Ref: 'AWS::NoValue' }] }, ['absent']],
    [
      { 'Fn::Join': [',', { Ref: 'Open' }] },
      ['? parameter Open has no default and no known value via template#Open'],
    ],
    [{ 'Fn::Join': [',', ['a', ['b', 'c']]] }, ['"a,b,c"']],
    [{ 'Fn::Split': ['', 'a'] }, ['? Fn::Split has no delimiter']],
    [{ 'Fn::Split': [{ Ref: 'Open' }, 'a'] }, ['? Fn::Split has no delimiter via template#Open']],
    [{ 'Fn::Split': ['-', { Ref: 'AWS::NoValue' }] }, ['absent']],
    [{ 'Fn::Split': ['-', 'a-b-'] }, ['["a","b",""]']],
    [{ 'Fn::Select': [0, 'text'] }, ['? an argument is no list']],
    [{ 'Fn::Select': [0, { Ref: 'AWS::NoValue' }] }, ['absent']],
    [
      { 'Fn::Select': [{ Ref: 'Open' }, ['a']] },
      ['? parameter Open has no default and no known value via template#Open'],
    ],
    [{ 'Fn::Length': ['a', { Ref: 'AWS::NoValue' }] }, ['1']],
    [{ 'Fn::Length': { Ref: 'List' } }, ['2 via template#List']],
    [
      { 'Fn::Length': ['a', { Ref: 'Open' }] },
      ['? parameter Open has no default and no known value via template#Open'],
    ],
    [{ 'Fn::Length': 'x' }, ['? an argument is no list']],
    [{ 'Fn::ToJsonString': { a: [1, null] } }, ['"{\\"a\\":[1,null]}"']],
    [
      { 'Fn::ToJsonString': { a: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
      ['? Fn::ToJsonString is worked out by CloudFormation'],
    ],
    [{ 'Fn::Base64': 'é' }, ['"w6k="']],
    [{ 'Fn::Base64': { Ref: 'AWS::NoValue' } }, ['absent']],
    [{ 'Fn::Base64': { a: 1 } }, ['? an argument is no list']],
  ])('%j', (expression, expected) => {
    expect(lines(expression, stack)).toEqual(expected);
  });
});

describe('nested stacks', () => {
  const child = `Parameters:
  Days: {Type: Number}
  KeyArn: {Type: String}
  Own: {Type: String, Default: mine}
Conditions:
  HasKey: !Not [!Equals [!Ref KeyArn, '']]
Resources: {Logs: {Type: AWS::Logs::LogGroup}}
Outputs:
  Name: {Value: !Ref Logs}
  Days: {Value: !Ref Days}`;
  const parent = (properties: string, more = '') => `Parameters:
  Retention: {Type: Number, Default: 30}
  Pattern: {Type: String, Default: one, AllowedValues: [one, two]}
Conditions: {IsTwo: !Equals [!Ref Pattern, two]}
Resources:
  Key: {Type: AWS::KMS::Key}
  Child: {Type: AWS::CloudFormation::Stack, ${more}Properties: {TemplateURL: child.yaml, ${properties}}}`;
  const tree = (properties: string, more?: string) =>
    treeOf({ 'template.yaml': parent(properties, more), 'child.yaml': child });
  const childOf = (properties: string, more?: string): Stack => {
    const [, stack] = tree(properties, more).stacks;
    if (stack === undefined) throw new Error('no child');
    return stack;
  };

  it('get what the parent passes, and keep their default otherwise', () => {
    const stack = childOf('Parameters: {Days: !Ref Retention, KeyArn: !GetAtt Key.Arn}');
    expect(lines({ Ref: 'Days' }, stack)).toEqual(['30 via child#Days via template#Retention']);
    expect(lines({ Ref: 'KeyArn' }, stack)).toEqual(['template.yaml!Key.Arn via child#KeyArn']);
    expect(lines({ Ref: 'Own' }, stack)).toEqual(['"mine" via child#Own']);
    expect(lines({ 'Fn::If': ['HasKey', 1, 2] }, stack)).toEqual(['/Fn::If/1 1']);
  });

  it('say so when nobody passes anything', () => {
    expect(lines({ Ref: 'Days' }, childOf('Parameters: {}'))).toEqual([
      '? parameter Days has no default and Child of template.yaml passes none via child#Days',
    ]);
  });

  it('exist only under their condition', () => {
    const stack = childOf("Parameters: {Days: !If [IsTwo, 2, 1], KeyArn: ''}", 'Condition: IsTwo, ');
    expect(lines({ Ref: 'Days' }, stack)).toEqual(['2 via child#Days']);
    expect(lines({ 'Fn::If': ['HasKey', 1, 2] }, stack)).toEqual(['/Fn::If/2 2']);
  });

  it('take on the conditions of the parent', () => {
    const stack = childOf("Parameters: {KeyArn: !If [IsTwo, !GetAtt Key.Arn, '']}");
    expect(lines({ 'Fn::If': ['HasKey', { Ref: 'KeyArn' }, 'none'] }, stack)).toEqual([
      '/Fn::If/1 template.yaml!Key.Arn if HasKey via child#KeyArn',
      '/Fn::If/2 "none" unless HasKey',
    ]);
  });

  it('give their outputs back', () => {
    const { root } = tree('Parameters: {Days: !Ref Retention}');
    expect(lines({ 'Fn::GetAtt': ['Child', 'Outputs.Name'] }, root)).toEqual(['child.yaml!Logs.Ref']);
    expect(lines({ 'Fn::GetAtt': ['Child', 'Outputs.Days'] }, root)).toEqual([
      '30 via child#Days via template#Retention',
    ]);
    expect(lines({ 'Fn::GetAtt': ['Child', 'Outputs.None'] }, root)).toEqual([
      '? child.yaml has no output None',
    ]);
  });

  it('end when a value is passed in a circle', () => {
    const { root } = tree('Parameters: {Days: !GetAtt Child.Outputs.Days}');
    expect(lines({ 'Fn::GetAtt': ['Child', 'Outputs.Days'] }, root)[0]).toContain(
      '? the value is passed on in a circle',
    );
  });

  it('used twice have a branch for each different value', () => {
    const twice = treeOf({
      'template.yaml': `Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml, Parameters: {Days: 1, KeyArn: x}}}
  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml, Parameters: {Days: 2, KeyArn: x}}}`,
      'child.yaml': child,
    });
    const [, stack] = twice.stacks;
    if (stack === undefined) throw new Error('no child');
    expect(lines({ Ref: 'Days' }, stack)).toEqual(['1 via child#Days', '2 via child#Days']);
    expect(lines({ Ref: 'KeyArn' }, stack)).toEqual(['"x" via child#KeyArn']);
  });
});

describe('what stands below an expression', () => {
  const stack = stackOf(`Parameters:
  Name: {Type: String, Default: logs}
  Position: {Type: Number, Default: 0, AllowedValues: [0, 1]}
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Mappings: {Sizes: {dev: {all: [a, b]}}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsFirst: !Equals [!Ref Position, 0]`);
  const ifProd = (yes: Value, no: Value): Value => ({ 'Fn::If': ['IsProd', yes, no] });
  const below = (expression: Value, ...path: readonly string[]) =>
    said(resolveAt(expression, path, stack, undefined));

  it.each<[Value, readonly string[], readonly string[]]>([
    [
      { a: ifProd({ b: 1 }, { b: 2 }) },
      ['a', 'b'],
      ['/a/Fn::If/1/b 1 if IsProd', '/a/Fn::If/2/b 2 unless IsProd'],
    ],
    [ifProd({ b: 1 }, {}), ['b'], ['/Fn::If/1/b 1 if IsProd', '/Fn::If/2 absent unless IsProd']],
    [{ a: { b: 1 } }, ['a', 'c'], ['/a absent']],
    [{ a: { b: 1 } }, ['a', 'toString'], ['/a absent']],
    [{ a: { b: 1 } }, ['a'], ['/a {"b":1}']],
    [{ a: { b: 1 } }, [], ['{"a":{"b":1}}']],
    [{ a: null }, ['a', 'b'], ['/a absent']],
    [{ a: [1, { b: 2 }] }, ['a', '1', 'b'], ['/a/1/b 2']],
    [{ a: [1] }, ['a', '4', 'b'], ['/a/4 absent']],
    [{ a: 'text' }, ['a', 'b'], ['/a absent']],
    [{ a: { Ref: 'Name' } }, ['a', 'b'], ['/a absent via template#Name']],
    [{ a: { 'Fn::FindInMap': ['Sizes', 'dev', 'all'] } }, ['a', '1'], ['/a "b"']],
    [{ a: { 'Fn::FindInMap': ['Sizes', 'dev', 'all'] } }, ['a', '5'], ['/a absent']],
    [{ a: { 'Fn::GetAtt': ['Key', 'Arn'] } }, ['a', 'b'], ['/a ? Key.Arn is known at deployment only']],
    [{ a: { 'Fn::Sub': '${Key.Arn}/x' } }, ['a', 'b'], ['/a ? Key is named by the service']],
    [{ a: { 'Fn::ImportValue': 'x' } }, ['a', 'b'], ['/a ? Fn::ImportValue is worked out by CloudFormation']],
  ])('%j at %j', (expression, path, expected) => {
    expect(below(expression, ...path)).toEqual(expected);
  });

  it.each<[Value, readonly string[]]>([
    [
      { 'Fn::Select': [ifProd(0, 1), ['a', 'b']] },
      ['/Fn::Select/1/0 "a" if IsProd', '/Fn::Select/1/1 "b" unless IsProd'],
    ],
    [
      { 'Fn::Select': [ifProd(0, 1), [ifProd('a', 'b'), 'c']] },
      ['/Fn::Select/1/0/Fn::If/1 "a" if IsProd', '/Fn::Select/1/1 "c" unless IsProd'],
    ],
    // What is selected can say which item it is.
    [
      { 'Fn::Select': [{ Ref: 'Position' }, [{ 'Fn::If': ['IsFirst', 'a', 'b'] }, 'c']] },
      [
        '/Fn::Select/1/0/Fn::If/1 "a" if IsFirst',
        '? parameter Position is not at its default here unless IsFirst via template#Position',
      ],
    ],
    [{ 'Fn::Select': [5, ['a']] }, ['? Fn::Select looks behind the end of its list']],
    [{ 'Fn::Join': ['-', ifProd(['a', 'b'], ['c'])] }, ['"a-b" if IsProd', '"c" unless IsProd']],
    [{ 'Fn::Sub': '${Name}-${Name}' }, ['"logs-logs" via template#Name']],
    // What is read before a branch agrees with it as well.
    [
      { 'Fn::Join': ['-', [{ Ref: 'Stage' }, ifProd('x', 'y')]] },
      ['"prod-x" if IsProd via template#Stage', '"dev-y" unless IsProd via template#Stage'],
    ],
    [
      { 'Fn::Sub': ['${Stage}-${A}', { A: ifProd('x', 'y') }] },
      ['"prod-x" if IsProd via template#Stage', '"dev-y" unless IsProd via template#Stage'],
    ],
    [{ 'Fn::Sub': 1 }, ['? Fn::Sub has no text']],
    [{ 'Fn::If': [1, 'a', 'b'] }, ['? Fn::If names no condition']],
    [{ Ref: ['Name'] }, ['? Ref is worked out by CloudFormation']],
    [{ 'Fn::GetAtt': [{ Ref: 'Name' }, 'Arn'] }, ['? Fn::GetAtt is worked out by CloudFormation']],
  ])('%j', (expression, expected) => {
    expect(said(resolve(expression, stack))).toEqual(expected);
  });

  it('is unknown where there are more ways than are told apart', () => {
    const choices = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ 'Fn::If': [`C${index}`, 'a', 'b'] }));
    const because = '? it has too many branches';
    expect(said(resolve({ 'Fn::Join': ['', choices(6)] }, stack))).toHaveLength(64);
    expect(said(resolve({ 'Fn::Join': ['', choices(7)] }, stack))).toEqual([because]);
    const nested = (depth: number): Value =>
      depth === 0 ? 'a' : { 'Fn::If': [`C${depth}`, nested(depth - 1), nested(depth - 1)] };
    expect(said(resolve(nested(6), stack))).toHaveLength(64);
    expect(said(resolve(nested(7), stack)).every((line) => line.includes(because))).toBe(true);
  });
});

describe('what is certain', () => {
  const stack = stackOf(`Parameters:
  A: {Type: String, Default: x}
  B: {Type: String, Default: w}
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Conditions:
  Agrees: !Or [!And [!Equals [!Ref A, x], !Equals [!Ref B, y]], !And [!Equals [!Ref A, z], !Equals [!Ref B, w]]]
  IsProd: !Equals [!Ref Stage, prod]
  Contradicted: !And [!Condition IsProd, !Not [!Condition IsProd]]`);
  const texts = (expression: Value, condition: string) =>
    resolveAt(expression, [], stack, condition).map(({ outcome }) => scalarText(outcome));

  it('relates parameters to each other', () => {
    expect(texts({ 'Fn::Sub': '${A}-${B}' }, 'Agrees')).toEqual(['x-y']);
    expect(texts({ 'Fn::Sub': '${B}-${A}' }, 'Agrees')).toEqual(['w-z']);
    expect(texts({ 'Fn::Sub': '${A}-${B}' }, 'IsProd')).toEqual(['x-w']);
    expect(texts({ 'Fn::Sub': '${A}-${A}' }, 'Agrees')).toEqual(['x-x']);
  });

  it('is nothing where a condition never holds', () => {
    expect(texts({ 'Fn::If': ['IsProd', 1, 2] }, 'Contradicted')).toEqual(['1', '2']);
    expect(texts({ 'Fn::If': ['IsProd', 1, 2] }, 'IsProd')).toEqual(['1']);
  });
});

it.each<[Value | undefined, string | undefined, number | undefined]>([
  [5, '5', 5],
  ['5', '5', 5],
  ['', '', undefined],
  [' ', ' ', undefined],
  ['x', 'x', undefined],
  ['Infinity', 'Infinity', undefined],
  [true, 'true', undefined],
  [[5], undefined, undefined],
  [{ a: 5 }, undefined, undefined],
  [undefined, undefined, undefined],
  [{ Ref: 'Nobody' }, undefined, undefined],
])('%j is the text %j and the number %j', (value, text, number) => {
  const [branch] = resolve(value, stackOf(''));
  expect(branch && scalarText(branch.outcome)).toBe(text);
  expect(branch && numberOf(branch.outcome)).toBe(number);
});

it('resolves a name as what mentions it', () => {
  const stack = stackOf('Parameters: {Days: {Type: Number, Default: 30}}');
  for (let time = 0; time < 2; time++) {
    expect(resolveName('Days', 'Ref', stack)[0]?.outcome).toEqual({ kind: 'value', value: 30 });
    expect(resolveName('Key', 'Ref', stack)[0]?.outcome).toMatchObject({
      logicalId: 'Key',
      attribute: 'Ref',
    });
    expect(resolveName('Key', 'Arn', stack)[0]?.outcome).toMatchObject({
      logicalId: 'Key',
      attribute: 'Arn',
    });
  }
});

describe('choicesOf', () => {
  const texts = (expression: Value, stack: Stack) => {
    const said = (outcomes: readonly { readonly kind: string }[]) =>
      outcomes.map((outcome) => ('value' in outcome ? outcome.value : outcome.kind)).join(' or ');
    const { usual, others } = choicesOf(expression, stack);
    return [said(usual), ...others.map((each) => `${each.parameter}=${each.value}: ${said(each.outcomes)}`)];
  };
  const sections = `Parameters:
  Size: {Type: String, Default: small, AllowedValues: [small, large, huge]}
  Days: {Type: Number, Default: '7', AllowedValues: [7, 30]}
  Open: {Type: String, Default: x}
  Given: {Type: String, AllowedValues: [a, b]}
Mappings: {Memory: {small: {mb: 128}, large: {mb: 512}, huge: {mb: 1024}}}`;

  it.each<[Value, readonly string[]]>([
    [{ Ref: 'Size' }, ['small', 'Size=large: large', 'Size=huge: huge']],
    [{ 'Fn::FindInMap': ['Memory', { Ref: 'Size' }, 'mb'] }, ['128', 'Size=large: 512', 'Size=huge: 1024']],
    [{ Ref: 'Days' }, ['7', 'Days=30: 30']],
    [
      { 'Fn::Sub': '${Size}-${Days}' },
      ['small-7', 'Size=large: large-7', 'Size=huge: huge-7', 'Days=30: small-30'],
    ],
    [{ Ref: 'Open' }, ['x']],
    [{ Ref: 'Given' }, ['unknown']],
    [5, ['5']],
  ])('of %j', (expression, expected) => {
    expect(texts(expression, stackOf(sections))).toEqual(expected);
    expect(texts(expression, stackOf(sections))).toEqual(expected);
  });

  it('are none where the deployed value is known', () => {
    expect(texts({ Ref: 'Size' }, stackOf(sections, { Size: 'large' }))).toEqual(['large']);
  });

  it('are those of the root, where a nested stack gets its value', () => {
    const { stacks } = treeOf({
      't.yaml': `${sections}
Resources: {C: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {Kept: !Ref Days}}}}`,
      'c.yaml': `Parameters: {Kept: {Type: Number}, Own: {Type: String, Default: q, AllowedValues: [q, r]}}
Resources: {A: {Type: AWS::SNS::Topic}}`,
    });
    const child = stacks.find(({ template }) => template.path === 'c.yaml') as Stack;
    expect(texts({ Ref: 'Kept' }, child)).toEqual(['7', 'Days=30: 30']);
    expect(texts({ Ref: 'Own' }, child)).toEqual(['q']);
  });
});

describe('conditionValues', () => {
  const sections = `Parameters: {P: {Type: String, AllowedValues: [a, b]}, Q: {Type: String, AllowedValues: [a]}}
Conditions: {IsA: !Equals [!Ref P, a], Always: !Equals [!Ref Q, a], Never: !Equals [x, y]}`;
  it.each([
    ['IsA', {}, [true, false]],
    ['IsA', { P: 'a' }, [true]],
    ['IsA', { P: 'b' }, [false]],
    ['Always', {}, [true]],
    ['Never', {}, [false]],
  ])('of %s with %j', (condition, known, expected) => {
    expect(conditionValues(condition, stackOf(sections, known))).toEqual(expected);
  });
});

describe('the condition of a nested stack', () => {
  const twoLevels = (second: string) =>
    treeOf({
      't.yaml': `Parameters: {P: {Type: String, AllowedValues: ['', a, b]}}
Conditions: {IsA: !Equals [!Ref P, a]}
Resources:
  C: {Type: AWS::CloudFormation::Stack, Condition: IsA, Properties: {TemplateURL: c.yaml, Parameters: {P: !Ref P}}}${second}`,
      'c.yaml': `Parameters: {P: {Type: String}}
Conditions: {IsA: !Equals [!Ref P, a]}
Resources: {D: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: d.yaml, Parameters: {P: !Ref P}}}}`,
      'd.yaml': `Parameters: {P: {Type: String}}
Conditions: {IsA: !Equals [!Ref P, a]}
Resources: {A: {Type: AWS::SNS::Topic}}`,
    }).stacks.find(({ template }) => template.path === 'd.yaml') as Stack;

  it('is certain two levels below', () => {
    expect(conditionValues('IsA', twoLevels(''))).toEqual([true]);
  });

  it('is not where another stack without it nests the same template', () => {
    const other =
      '\n  E: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml, Parameters: {P: !Ref P}}}';
    expect(conditionValues('IsA', twoLevels(other))).toEqual([true, false]);
  });
});
