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
