import { isList, isMap, type Path, type Value } from '../document/value.js';

/** A name an expression refers to, however it is spelt: `Ref`, `Fn::GetAtt`, or inside `Fn::Sub`. */
interface Mention {
  /** A logical id, a parameter or a pseudo parameter. */
  readonly name: string;
  /** `Ref` for the name itself. */
  readonly attribute: string;
  /** Where in the value it stands. */
  readonly path: Path;
}

const known = new WeakMap<object, readonly Mention[]>();

/** Every name a value mentions, in the order of the text. Values are frozen, so each is searched once. */
export function mentionsIn(value: Value | undefined): readonly Mention[] {
  if (typeof value !== 'object' || value === null) return [];
  const found = known.get(value) ?? collect(value, [], []);
  known.set(value, found);
  return found;
}

/** Walks with one path and one list: most values mention nothing, and nothing is made for those. */
function collect(value: Value | undefined, path: string[], found: Mention[]): readonly Mention[] {
  if (isList(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item !== 'object') continue;
      path.push(String(index));
      collect(item, path, found);
      path.pop();
    }
  } else if (isMap(value)) {
    for (const [key, inner] of Object.entries(value)) {
      path.push(key);
      if (key === 'Ref' && typeof inner === 'string')
        found.push({ name: inner, attribute: 'Ref', path: [...path] });
      else if (key === 'Fn::GetAtt') found.push(...attributeMention(inner, [...path]));
      else if (key === 'Fn::Sub') collectSubstituted(inner, path, found);
      else if (typeof inner === 'object') collect(inner, path, found);
      path.pop();
    }
  }
  return found;
}

/** The pieces of a `Fn::Sub` template: literal text, and names between `${` and `}`. */
export function substitutionParts(
  template: string,
): readonly ({ readonly text: string } | { readonly name: string })[] {
  const parts: ({ readonly text: string } | { readonly name: string })[] = [];
  let from = 0;
  while (from < template.length) {
    const open = template.indexOf('${', from);
    const close = open < 0 ? -1 : template.indexOf('}', open);
    if (close < 0) return [...parts, { text: template.slice(from) }];
    if (open > from) parts.push({ text: template.slice(from, open) });
    const inner = template.slice(open + 2, close);
    parts.push(inner.startsWith('!') ? { text: `\${${inner.slice(1)}}` } : { name: inner.trim() });
    from = close + 1;
  }
  return parts;
}

/** The expression a name inside `Fn::Sub` stands for. */
export function substitutedExpression(name: string): Value {
  const dot = name.indexOf('.');
  return dot < 0 ? { Ref: name } : { 'Fn::GetAtt': [name.slice(0, dot), name.slice(dot + 1)] };
}

function attributeMention(argument: Value | undefined, path: Path): readonly Mention[] {
  const [name, ...attribute] = isList(argument) ? argument : String(argument).split('.');
  return typeof name === 'string' ? [{ name, attribute: attribute.join('.'), path }] : [];
}

function collectSubstituted(argument: Value | undefined, path: readonly string[], found: Mention[]): void {
  const [template, variables] = isList(argument) ? argument : [argument];
  if (isMap(variables)) collect(variables, [...path, '1'], found);
  if (typeof template !== 'string') return;
  for (const part of substitutionParts(template)) {
    if (!('name' in part) || (isMap(variables) && Object.hasOwn(variables, part.name))) continue;
    const dot = part.name.indexOf('.');
    const name = dot < 0 ? part.name : part.name.slice(0, dot);
    found.push({ name, attribute: dot < 0 ? 'Ref' : part.name.slice(dot + 1), path: [...path] });
  }
}

/**
 * Whether a text fits a pattern with `*` (anything) and `?` (one character), the wildcards of IAM and of policies.
 * Goes back to the last `*` only, so the cost is at most the product of both lengths.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let [at, position] = [0, 0];
  let [star, resume] = [-1, 0];
  while (position < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = position;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[position])) {
      at++;
      position++;
    } else if (star >= 0) {
      at = star + 1;
      position = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/** How the ARN and the name of a resource come about, for the types that permissions and log groups speak of. */
interface Naming {
  /** `{}` stands for the name. */
  readonly arn: string;
  readonly nameProperty?: string;
  /** What gives the name; all else but the ARN gives neither. */
  readonly nameFrom: readonly string[];
  readonly arnFrom: readonly string[];
}

const regional = '${AWS::Region}:${AWS::AccountId}';

function naming(
  service: string,
  nameProperty: string,
  nameFrom: readonly string[],
  arnFrom = ['Arn'],
): Naming {
  return { arn: `arn:\${AWS::Partition}:${service}`, nameProperty, nameFrom, arnFrom };
}

const namings: Readonly<Record<string, Naming>> = {
  'AWS::DynamoDB::GlobalTable': naming(`dynamodb:${regional}:table/{}`, 'TableName', ['Ref']),
  'AWS::DynamoDB::Table': naming(`dynamodb:${regional}:table/{}`, 'TableName', ['Ref']),
  'AWS::KMS::Key': {
    arn: `arn:\${AWS::Partition}:kms:${regional}:key/{}`,
    nameFrom: ['Ref', 'KeyId'],
    arnFrom: ['Arn'],
  },
  'AWS::Kinesis::Stream': naming(`kinesis:${regional}:stream/{}`, 'Name', ['Ref']),
  'AWS::Lambda::Function': naming(`lambda:${regional}:function:{}`, 'FunctionName', ['Ref']),
  'AWS::Logs::LogGroup': naming(`logs:${regional}:log-group:{}:*`, 'LogGroupName', ['Ref']),
  'AWS::S3::Bucket': naming('s3:::{}', 'BucketName', ['Ref']),
  'AWS::SNS::Topic': naming(`sns:${regional}:{}`, 'TopicName', ['TopicName'], ['Ref', 'TopicArn']),
  'AWS::SQS::Queue': naming(`sqs:${regional}:{}`, 'QueueName', ['QueueName']),
  'AWS::Serverless::Function': naming(`lambda:${regional}:function:{}`, 'FunctionName', ['Ref']),
  'AWS::Serverless::SimpleTable': naming(`dynamodb:${regional}:table/{}`, 'TableName', ['Ref']),
  'AWS::Serverless::StateMachine': naming(
    `states:${regional}:stateMachine:{}`,
    'Name',
    ['Name'],
    ['Ref', 'Arn'],
  ),
  'AWS::StepFunctions::StateMachine': naming(
    `states:${regional}:stateMachine:{}`,
    'StateMachineName',
    ['Name'],
    ['Ref', 'Arn'],
  ),
};

/** The property that names a resource, where the type has one. */
export function namePropertyOf(type: string): string | undefined {
  return namings[type]?.nameProperty;
}

/** What an attribute says, given the name; `undefined` for an attribute that is neither name nor ARN. */
export function attributeText(type: string, attribute: string, name: string): string | undefined {
  const rule = namings[type];
  if (rule?.nameFrom.includes(attribute)) return name;
  return rule?.arnFrom.includes(attribute) ? rule.arn.replace('{}', () => name) : undefined;
}
