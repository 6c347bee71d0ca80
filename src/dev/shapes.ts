/**
 * Templates that are small and hard: each is one way in which an analysis can take exponential or quadratic time, run
 * out of stack, or match a pattern for ever. Tests and the bench plan them.
 */
export interface Shape {
  readonly name: string;
  /** By file name; the first one is the root template. */
  readonly files: Readonly<Record<string, string>>;
}

const functionLines = (name: string, properties: readonly string[]): string =>
  [
    `  ${name}:`,
    '    Type: AWS::Lambda::Function',
    '    Properties:',
    '      Runtime: nodejs20.x',
    '      Handler: index.handler',
    '      Role: arn:aws:iam::111122223333:role/service',
    '      Code: {ZipFile: "exports.handler = async () => 1"}',
    ...properties.map((line) => `      ${line}`),
  ].join('\n');

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function template(name: string, lines: readonly string[], file = 'template.yaml'): Shape {
  return { name, files: { [file]: `${lines.join('\n')}\n` } };
}

/** Every condition names the one before twice: 2^depth ways to walk it as a tree. */
function doubledConditions(depth: number): Shape {
  return template(`conditions doubled ${depth} times`, [
    'Parameters: {P: {Type: String, Default: a}}',
    'Conditions:',
    '  C0: !Equals [!Ref P, a]',
    ...range(depth).map((index) => `  C${index + 1}: !And [{Condition: C${index}}, {Condition: C${index}}]`),
    'Resources:',
    functionLines('Worker', [`ReservedConcurrentExecutions: !If [C${depth}, 5, !Ref AWS::NoValue]`]),
  ]);
}

function conditionChain(length: number): Shape {
  return template(`a chain of ${length} conditions`, [
    'Parameters: {P: {Type: String, Default: a}}',
    'Conditions:',
    '  C0: !Equals [!Ref P, a]',
    ...range(length).map((index) => `  C${index + 1}: !Not [{Condition: C${index}}]`),
    'Resources:',
    functionLines('Worker', [`MemorySize: !If [C${length}, 512, 1024]`]),
  ]);
}

/** Alternating And and Or over the two before, each on a parameter of its own. */
function latticeOfConditions(depth: number): Shape {
  return template(`conditions in a lattice of ${depth}`, [
    'Parameters:',
    ...range(depth).map((index) => `  P${index}: {Type: String, Default: a}`),
    'Conditions:',
    ...range(depth).flatMap((index) => {
      const own = `!Equals [!Ref P${index}, a]`;
      if (index === 0) return [`  A0: ${own}`, '  B0: !Not [{Condition: A0}]'];
      const before = `{Condition: A${index - 1}}, {Condition: B${index - 1}}`;
      return [
        `  A${index}: !And [${own}, !Or [${before}]]`,
        `  B${index}: !Or [!Not [${own}], !And [${before}]]`,
      ];
    }),
    'Resources:',
    functionLines('Worker', [
      `ReservedConcurrentExecutions: !If [A${depth - 1}, 5, !Ref AWS::NoValue]`,
      `TracingConfig: {Mode: !If [B${depth - 1}, Active, PassThrough]}`,
    ]),
  ]);
}

/** `Fn::If` in both branches of `Fn::If`, down to a depth: 2^depth values, each under its own conditions. */
function treeOfChoices(depth: number): Shape {
  const tree = (level: number): string =>
    level === depth ? '!Ref Size' : `!If [C${level}, ${tree(level + 1)}, ${tree(level + 1)}]`;
  return template(`choices as a tree of depth ${depth}`, [
    'Parameters:',
    '  Size: {Type: Number, Default: 5}',
    ...range(depth).map((index) => `  P${index}: {Type: String, Default: a}`),
    'Conditions:',
    ...range(depth).map((index) => `  C${index}: !Equals [!Ref P${index}, a]`),
    'Resources:',
    functionLines('Worker', [
      `ReservedConcurrentExecutions: ${tree(0)}`,
      `MemorySize: ${tree(0)}`,
      `Timeout: ${tree(0)}`,
    ]),
    '  Logs:',
    '    Type: AWS::Logs::LogGroup',
    `    Properties: {RetentionInDays: ${tree(0)}}`,
  ]);
}

/** Parameters with as many allowed values as there are parameters, in choices nested eight deep. */
function allowedValues(count: number): Shape {
  const chosen = (start: number): string =>
    range(8).reduceRight<string>(
      (inner, level) => `!If [C${(start + level) % count}, ${level + 2}, ${inner}]`,
      '!Ref AWS::NoValue',
    );
  return template(`${count} parameters with ${count} allowed values`, [
    'Parameters:',
    ...range(count).map(
      (index) =>
        `  P${index}: {Type: String, Default: v0, AllowedValues: [${range(count)
          .map((value) => `v${value}`)
          .join(', ')}]}`,
    ),
    'Conditions:',
    ...range(count).map(
      (index) =>
        `  C${index}: !Or [!Equals [!Ref P${index}, v1], !Equals [!Ref P${(index + 1) % count}, v2]]`,
    ),
    'Resources:',
    ...range(32).map((index) =>
      functionLines(`Worker${index}`, [
        `ReservedConcurrentExecutions: ${chosen(index)}`,
        `MemorySize: ${chosen(index + 3)}`,
      ]),
    ),
  ]);
}

/** One line of JSON, so that whoever looks for the start of the line looks far. */
function jsonOnOneLine(depth: number): Shape {
  const choice = `${'{"Fn::If": ["C", 5, '.repeat(depth)}1${']}'.repeat(depth)}`;
  const text = `{"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}}, "Resources": {"Worker": {"Type": "AWS::Lambda::Function", "Properties": {"ReservedConcurrentExecutions": ${choice}}}}}`;
  return template(`JSON nested ${depth} deep on one line`, [text], 'template.json');
}

/** Many small values on one line of JSON, up to the size a template may have. */
function longJsonLine(count: number): Shape {
  const choices = range(count).map(() => '{"Fn::If": ["C", 5, 6]}');
  const text = `{"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Metadata": {"Choices": [${choices.join(', ')}]}}}}`;
  return template(`${count} choices on one line of JSON`, [text], 'template.json');
}

function flowNesting(depth: number): Shape {
  return template(`YAML nested ${depth} deep in brackets`, [
    'Resources:',
    functionLines('Worker', [`MemorySize: ${'['.repeat(depth)}${']'.repeat(depth)}`]),
  ]);
}

function blockNesting(depth: number): Shape {
  return template(`YAML nested ${depth} deep in one line of dashes`, [
    'Resources:',
    functionLines('Worker', ['MemorySize:', `${'- '.repeat(depth)}1`]),
  ]);
}

function tagNesting(depth: number): Shape {
  return template(`functions nested ${depth} deep`, [
    'Resources:',
    functionLines('Worker', [`MemorySize: ${'!Join ["", ['.repeat(depth)}x${']]'.repeat(depth)}`]),
  ]);
}

function openPlaceholders(count: number): Shape {
  return template(`${count} placeholders that never close`, [
    'Resources:',
    functionLines('Worker', [
      `FunctionName: !Sub "${'${'.repeat(count)}"`,
      `Description: !Sub "${'${A'.repeat(count)}}"`,
      `KmsKeyArn: !Sub "${'${!'.repeat(count)}"`,
    ]),
  ]);
}

/** A pattern that matches in many ways what it does not match in the end. */
function wildcards(count: number): Shape {
  const pattern = `arn:aws:lambda:*:*:function:${'a*'.repeat(count)}b`;
  return template(`${count} wildcards in names of functions and actions`, [
    'Resources:',
    '  Role:',
    '    Type: AWS::IAM::Role',
    '    Properties:',
    '      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}]}',
    '      Policies:',
    '        - PolicyName: p',
    '          PolicyDocument:',
    '            Statement:',
    `              - {Effect: Allow, Action: "${'l*'.repeat(count)}x", Resource: "${pattern}"}`,
    `              - {Effect: Allow, Action: "lambda:InvokeFunction", Resource: "${pattern}"}`,
    `              - {Effect: Deny, Action: "lambda:${'?*'.repeat(count)}", Resource: "${'*'.repeat(count)}"}`,
    functionLines('Worker', [
      `FunctionName: ${'a'.repeat(60)}`,
      'KmsKeyArn: arn:aws:kms:us-east-1:111122223333:key/x',
    ]),
    ...['Caller', 'Other'].map((name) =>
      functionLines(name, [`Environment: {Variables: {TARGET: ${'a'.repeat(60)}}}`]).replace(
        'Role: arn:aws:iam::111122223333:role/service',
        'Role: !GetAtt Role.Arn',
      ),
    ),
  ]);
}

/** Patterns on which a matcher that goes back takes exponential time. */
function allowedPatterns(count: number): Shape {
  const patterns = ['^(a+)+$', '^(a|a)*$', '^([a-zA-Z]+)*$', '^(.*a){30}$', '(x+x+)+y'];
  return template(`${count} patterns with nested repetition`, [
    'Parameters:',
    ...range(count).map(
      (index) =>
        `  P${index}: {Type: String, Default: "${'a'.repeat(60)}!", AllowedPattern: "${patterns[index % patterns.length]}"}`,
    ),
    'Resources:',
    ...range(count).flatMap((index) => [
      `  Logs${index}:`,
      '    Type: AWS::Logs::LogGroup',
      `    Properties: {RetentionInDays: !Ref P${index}, KmsKeyId: !Ref P${index}}`,
    ]),
  ]);
}

/** Each template nests every one after it: 2^n ways from the root to the last one. */
function nestingEachOther(count: number): Shape {
  const name = (index: number) => (index === 0 ? 'template.yaml' : `t${index}.yaml`);
  const files = range(count).map((index) => {
    const later = range(count).filter((other) => other > index);
    const lines = [
      'Parameters: {P: {Type: String, Default: a}}',
      'Resources:',
      ...(index === 0 ? ['  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}'] : []),
      '  Queue: {Type: AWS::SQS::Queue}',
      functionLines('Worker', ['MemorySize: !Ref P']),
      ...later.flatMap((other) => [
        `  Child${other}:`,
        '    Type: AWS::CloudFormation::Stack',
        `    Properties: {TemplateURL: ${name(other)}, Parameters: {P: !Sub "\${P}${other}"}}`,
      ]),
      'Outputs: {O: {Value: !Ref P}}',
    ];
    return [name(index), `${lines.join('\n')}\n`] as const;
  });
  return { name: `${count} templates nesting each other`, files: Object.fromEntries(files) };
}

/** Two parameters per template, each passed on from both of the one above. */
function passedTwice(count: number): Shape {
  const name = (index: number) => (index === 0 ? 'template.yaml' : `t${index}.yaml`);
  const files = range(count).map((index) => {
    const lines = [
      'Parameters: {P: {Type: String, Default: a}, Q: {Type: String, Default: b}}',
      'Conditions: {C: !Equals [!Ref P, !Ref Q]}',
      'Resources:',
      functionLines('Worker', ['MemorySize: !If [C, !Ref P, !Ref Q]']),
      ...(index + 1 < count
        ? [
            '  Child:',
            '    Type: AWS::CloudFormation::Stack',
            `    Properties: {TemplateURL: ${name(index + 1)}, Parameters: {P: !If [C, !Ref P, !Ref Q], Q: !Sub "\${P}\${Q}"}}`,
          ]
        : []),
    ];
    return [name(index), `${lines.join('\n')}\n`] as const;
  });
  return { name: `parameters passed on through ${count} templates`, files: Object.fromEntries(files) };
}

/** Functions that all send to each other, under conditions of their own. */
function everybodySendsToEverybody(count: number): Shape {
  return template(`${count} functions that may call each other`, [
    'Parameters:',
    ...range(count).map((index) => `  P${index}: {Type: String, Default: a}`),
    'Conditions:',
    ...range(count).map((index) => `  C${index}: !Equals [!Ref P${index}, !Ref P${(index + 1) % count}]`),
    'Resources:',
    ...range(count).flatMap((index) => [
      `  Role${index}:`,
      '    Type: AWS::IAM::Role',
      `    Condition: C${index}`,
      '    Properties:',
      '      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}]}',
      '      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "lambda:*", Resource: "*"}]}}]',
      functionLines(`Worker${index}`, [
        'Environment:',
        '  Variables:',
        ...range(count).map(
          (other) => `    T${other}: !If [C${other}, !Ref Worker${other}, !GetAtt Worker${other}.Arn]`,
        ),
      ])
        .replace('Role: arn:aws:iam::111122223333:role/service', `Role: !GetAtt Role${index}.Arn`)
        .replace('    Properties:', `    Condition: C${index}\n    Properties:`),
    ]),
  ]);
}

/** `Fn::ForEach` over the same items, each inside the one before: 60^depth queues. */
function loopsInLoops(depth: number): Shape {
  const items = `[${range(60).join(', ')}]`;
  const opened = range(depth).map((index) => `Fn::ForEach::L${index}: [I${index}, ${items}, {`);
  const name = range(depth).map((index) => `\${I${index}}`);
  return template(`loops in loops, ${depth} deep`, [
    'Transform: AWS::LanguageExtensions',
    'Resources:',
    functionLines('Worker', []),
    `  ${opened.join('')}'Queue${name.join('')}': {Type: AWS::SQS::Queue}${'}]'.repeat(depth)}`,
  ]);
}

/** A text of identifiers, and an item as long as the text. */
function longItems(count: number): Shape {
  return template(`a loop over texts of ${count} characters`, [
    'Transform: AWS::LanguageExtensions',
    'Resources:',
    functionLines('Worker', []),
    `  Fn::ForEach::Queues: [I, [${'a'.repeat(count)}], {Queue: {Type: AWS::SQS::Queue, Metadata: '${`\${I}`.repeat(count)}'}}]`,
  ]);
}

/** Items that hold the item of the loop outside many times: each loop's are that many times longer. */
function growingItems(count: number): Shape {
  const opened = range(4).map(
    (index) =>
      `Fn::ForEach::L${index}: [I${index}, ['${index === 0 ? 'a' : `\${I${index - 1}}`.repeat(count)}'], {`,
  );
  return template(`loops whose items are ${count} times those outside`, [
    'Transform: AWS::LanguageExtensions',
    'Resources:',
    functionLines('Worker', []),
    `  ${opened.join('')}Queue: {Type: AWS::SQS::Queue, Metadata: '\${I3}'}${'}]'.repeat(4)}`,
  ]);
}

export const hostileShapes: readonly Shape[] = [
  doubledConditions(40),
  conditionChain(3_000),
  latticeOfConditions(24),
  treeOfChoices(10),
  allowedValues(64),
  jsonOnOneLine(90),
  jsonOnOneLine(5_000),
  longJsonLine(40_000),
  flowNesting(5_000),
  blockNesting(5_000),
  tagNesting(90),
  tagNesting(5_000),
  openPlaceholders(20_000),
  wildcards(200),
  allowedPatterns(40),
  nestingEachOther(24),
  passedTwice(40),
  everybodySendsToEverybody(24),
  loopsInLoops(5),
  longItems(40_000),
  growingItems(3_000),
];
