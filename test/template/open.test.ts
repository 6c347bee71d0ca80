import { describe, expect, it } from 'vitest';
import { IdpFixError } from '../../src/errors.js';
import { openTemplate } from '../../src/template/open.js';
import { read } from '../document/reading.js';

const open = (text: string) => openTemplate(read(text));

function refusalOf(text: string): string {
  try {
    open(text);
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    expect(error.code).toBe('template-invalid');
    expect(error.details.hint).toBeTruthy();
    const { line, column } = error.details.place ?? {};
    return `${line}:${column} ${error.message}`;
  }
  throw new Error('nothing was refused');
}

describe('openTemplate', () => {
  it('sees the sections in the order of the text', () => {
    const template = open(`
Transform: AWS::Serverless-2016-10-31
Parameters: {B: {Type: Number, Default: 3, MinValue: '1', AllowedValues: [1, 3]}, A: {Type: String, NoEcho: 'true'}}
Conditions: {C: !Equals [!Ref B, 3]}
Globals: {Function: {Timeout: 3}}
Mappings: {M: {a: {b: c}}}
Resources:
  Z: {Type: AWS::SNS::Topic, Condition: C, DependsOn: A}
  A: {Type: AWS::SQS::Queue, DependsOn: [Z], Properties: {DelaySeconds: 1}, Metadata: {m: 1}}
Outputs: {O: {Value: !Ref A}}
`);
    expect(template.isSam).toBe(true);
    expect([...template.resources.keys()]).toEqual(['Z', 'A']);
    expect(template.resources.get('A')).toMatchObject({
      dependsOn: ['Z'],
      properties: { DelaySeconds: 1 },
      metadata: { m: 1 },
    });
    expect(template.resources.get('Z')).toMatchObject({
      condition: 'C',
      dependsOn: ['A'],
      properties: {},
      metadata: {},
    });
    expect(template.parameters.get('B')).toMatchObject({
      type: 'Number',
      default: 3,
      minValue: 1,
      allowedValues: [1, 3],
      noEcho: false,
    });
    expect(template.parameters.get('A')).toMatchObject({ default: undefined, noEcho: true });
    expect([...template.conditions.keys()]).toEqual(['C']);
    expect(template.globals).toEqual({ Function: { Timeout: 3 } });
    expect(Object.keys(template.outputs)).toEqual(['O']);
  });

  it('takes Globals for nothing without the SAM transform', () => {
    expect(open('Globals: {Function: {Timeout: 3}}\nResources: {A: {Type: T}}').globals).toEqual({});
  });

  it.each([
    ['Transform: AWS::Serverless-2016-10-31', ['AWS::Serverless-2016-10-31']],
    [
      'Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]',
      ['AWS::LanguageExtensions', 'AWS::Serverless-2016-10-31'],
    ],
    ['Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}', ['AWS::Include']],
    ['Transform:', []],
  ])('reads %s', (transform, names) => {
    expect(open(`${transform}\nResources: {A: {Type: T}}`).transforms).toEqual(names);
  });

  it('expands loops, and leaves what a macro makes to the macro', () => {
    const template = open(`
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Topics: [Name, [A, B], {'Topic\${Name}': {Type: AWS::SNS::Topic}}]
  A: {Type: AWS::SNS::Topic, Properties: {Fn::Transform: {Name: X}}}
`);
    expect([...template.resources.keys()]).toEqual(['TopicA', 'TopicB', 'A']);
    expect(template.resources.get('A')?.properties).toEqual({});
  });

  it('relies on the value alone, so that a patched value opens as a patched template', () => {
    const document = read('Resources:\n  A: {Type: AWS::SNS::Topic}\n');
    const value = {
      Resources: {
        A: { Type: 'AWS::SNS::Topic' },
        New: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 1 } },
      },
    };
    expect([...openTemplate({ ...document, value }).resources.keys()]).toEqual(['A', 'New']);
    expect(openTemplate(document).resources.size).toBe(1);
  });

  it('keeps names that mean something to JavaScript', () => {
    const template = open('Parameters: {constructor: {Type: String}}\nResources: {toString: {Type: T}}');
    expect([...template.resources.keys()]).toEqual(['toString']);
    expect(template.parameters.get('constructor')?.type).toBe('String');
    expect(template.resources.get('hasOwnProperty')).toBeUndefined();
  });

  it.each([
    ['[1, 2]', '1:1 the file holds a list, not a CloudFormation template'],
    ['just text', '1:1 the file holds the string "just text", not a CloudFormation template'],
    [
      'services: {web: {image: x}}',
      '1:1 there is no Resources section, and CloudFormation needs at least one resource',
    ],
    ['Resources: {}', '1:12 the Resources section is empty, and CloudFormation needs at least one resource'],
    ['Resources:\n  - A', '2:3 Resources is a list, and CloudFormation takes a map there'],
    ['Resources:\n  A: text', '2:6 resource A is the string "text", and CloudFormation takes a map there'],
    ['Resources:\n  A:\n    Properties: {}', '3:5 resource A has no Type, so it cannot be told what it is'],
    [
      'Resources:\n  A: {Type: T, Properties: [1]}',
      '2:28 Properties of A is a list, and CloudFormation takes a map there',
    ],
    [
      'Resources:\n  A: {Type: T, Condition: [C]}',
      '2:27 Condition of A is a list, and CloudFormation takes the name of a condition there',
    ],
    ['Parameters: {P: {Default: 1}}\nResources: {A: {Type: T}}', '1:17 parameter P has no Type'],
    [
      'Parameters: {P: 1}\nResources: {A: {Type: T}}',
      '1:17 parameter P is the number 1, and CloudFormation takes a map there',
    ],
    ['Transform: [[a]]\nResources: {A: {Type: T}}', '1:12 Transform is a list, which names no transform'],
    [
      'Outputs: [a]\nResources: {A: {Type: T}}',
      '1:10 Outputs is a list, and CloudFormation takes a map there',
    ],
  ])('refuses %j', (text, message) => {
    expect(refusalOf(text)).toBe(message);
  });
});
