import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import { choicesOf, conditionValues, resolve, resolveAt } from '../../src/expressions/resolve.js';
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
  return resolve(expression, stack, overrides).map(({ outcome, path, assuming, parameters }) => {
    const said = {
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
    return `${path.length === 0 ? '' : `/${path.join('/')} `}${said}${assumed.join('')}${through.join('')}`;
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
  Same: {a: {x: 1}, b: {x: 1}}`);

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
