import { type Call, failure, json, type Reply, type Script, xml } from './wire.js';

export const stackId = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/app/aaaa';
export const changeSetId = (name: string) =>
  `arn:aws:cloudformation:eu-west-1:111122223333:changeSet/${name}/bbbb`;

export const template = `Parameters:
  Days: { Type: Number, Default: 30 }
  Secret: { Type: String, NoEcho: true }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 30
      KmsKeyId: arn:aws:kms:eu-west-1:111122223333:key/one
`;

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/one';
const keyPolicy = JSON.stringify({
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

export interface ScriptedStack {
  status?: string;
  updatedAt?: string;
  template?: string;
  parameters?: string;
  tags?: string;
  changes?: string;
  changeSetStatus?: string;
  changeSetReason?: string;
  executionStatus?: string;
  exists?: boolean;
  account?: string;
  key?: Readonly<Record<string, string>>;
  keyPolicy?: string;
  /** Headers of the objects in S3, by `bucket/key`. */
  objects?: Map<string, Readonly<Record<string, string>>>;
}

/**
 * An account with one stack, `app`. What a test sets counts for the calls that follow; `override` answers first.
 */
export function scriptedAccount(stack: ScriptedStack = {}, override: Script = () => undefined): Script {
  const objects = stack.objects ?? new Map<string, Readonly<Record<string, string>>>();
  let made: { name: string; description: string } | undefined;
  return (call, count) => override(call, count) ?? answer(call);

  function answer(call: Call): Reply | undefined {
    const { fields } = call;
    const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    switch (call.name) {
      case 'sts:GetCallerIdentity':
        return xml(
          'GetCallerIdentity',
          `<Account>${stack.account ?? '111122223333'}</Account><Arn>arn:aws:sts::111122223333:assumed-role/ops/me</Arn><UserId>x</UserId>`,
        );
      case 'iam:ListAccountAliases':
        return xml(
          'ListAccountAliases',
          '<AccountAliases><member>documents</member></AccountAliases><IsTruncated>false</IsTruncated>',
        );
      case 'cloudformation:DescribeStacks':
        if (stack.exists === false) return failure('ValidationError', 'Stack with id app does not exist');
        return xml(
          'DescribeStacks',
          `<Stacks><member><StackId>${stackId}</StackId><StackName>app</StackName><StackStatus>${stack.status ?? 'CREATE_COMPLETE'}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>${stack.updatedAt === undefined ? '' : `<LastUpdatedTime>${stack.updatedAt}</LastUpdatedTime>`}<Parameters>${stack.parameters ?? parameter('Days', '30') + parameter('Secret', '****')}</Parameters><Capabilities><member>CAPABILITY_IAM</member></Capabilities><Tags>${stack.tags ?? '<member><Key>team</Key><Value>documents</Value></member>'}</Tags><NotificationARNs><member>arn:aws:sns:eu-west-1:111122223333:news</member></NotificationARNs><RollbackConfiguration><MonitoringTimeInMinutes>5</MonitoringTimeInMinutes><RollbackTriggers><member><Arn>arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a</Arn><Type>AWS::CloudWatch::Alarm</Type></member></RollbackTriggers></RollbackConfiguration></member></Stacks>`,
        );
      case 'cloudformation:GetTemplate':
        return xml('GetTemplate', `<TemplateBody>${text(stack.template ?? template)}</TemplateBody>`);
      case 'cloudformation:ListStackResources':
        return xml(
          'ListStackResources',
          '<StackResourceSummaries><member><LogicalResourceId>Logs</LogicalResourceId><PhysicalResourceId>app-Logs-1</PhysicalResourceId><ResourceType>AWS::Logs::LogGroup</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>',
        );
      case 'cloudformation:CreateChangeSet':
        made = { name: fields.get('ChangeSetName') ?? '', description: fields.get('Description') ?? '' };
        return xml('CreateChangeSet', `<Id>${changeSetId(made.name)}</Id><StackId>${stackId}</StackId>`);
      case 'cloudformation:DescribeChangeSet':
        if (made === undefined) return failure('ChangeSetNotFound', 'ChangeSet does not exist', 404);
        return describeChangeSet({ ...made, ...stack });
      case 'cloudformation:ListChangeSets':
        return xml('ListChangeSets', `<Summaries>${made === undefined ? '' : summary(made)}</Summaries>`);
      case 'cloudformation:DeleteChangeSet':
        made = undefined;
        return xml('DeleteChangeSet', '');
      case 'cloudformation:DescribeEvents':
        return xml('DescribeEvents', '<OperationEvents/>');
      case 'cloudformation:ExecuteChangeSet':
        stack.executionStatus = 'EXECUTE_COMPLETE';
        return xml('ExecuteChangeSet', '');
      case 'cloudformation:DescribeStackEvents':
        return xml(
          'DescribeStackEvents',
          `<StackEvents>${stack.executionStatus === undefined ? event('1', 'CREATE_COMPLETE') : event('2', 'UPDATE_COMPLETE') + event('1', 'CREATE_COMPLETE')}</StackEvents>`,
        );
      case 'kms:DescribeKey':
        return json({
          KeyMetadata: {
            KeyId: 'one',
            Arn: keyArn,
            KeyState: 'Enabled',
            KeyUsage: 'ENCRYPT_DECRYPT',
            KeySpec: 'SYMMETRIC_DEFAULT',
            KeyManager: 'CUSTOMER',
            ...stack.key,
          },
        });
      case 'kms:GetKeyPolicy':
        return json({ Policy: stack.keyPolicy ?? keyPolicy });
      case 's3:HeadBucket':
        return { body: '' };
      case 's3:PutObject':
        objects.set(objectOf(call), call.headers);
        return { body: '', headers: { etag: '"e"' } };
      case 's3:HeadObject': {
        const found = objects.get(objectOf(call));
        if (found === undefined) return { status: 404, body: '' };
        return {
          body: '',
          headers: Object.fromEntries(
            Object.entries(found).filter(([name]) => name.startsWith('x-amz-meta-')),
          ),
        };
      }
      case 's3:DeleteObject':
        objects.delete(objectOf(call));
        return { status: 204, body: '' };
      default:
        return undefined;
    }
  }
}

/** `bucket/key` of a request to S3. */
function objectOf({ host, path }: Call): string {
  return `${host.split('.')[0]}${path}`;
}

function summary({ name, description }: { readonly name: string; readonly description: string }): string {
  return `<member><ChangeSetId>${changeSetId(name)}</ChangeSetId><ChangeSetName>${name}</ChangeSetName><Description>${description}</Description><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime></member>`;
}

export function parameter(name: string, value: string): string {
  return `<member><ParameterKey>${name}</ParameterKey><ParameterValue>${value}</ParameterValue></member>`;
}

export function event(
  id: string,
  status: string,
  { logicalId = 'app', type = 'AWS::CloudFormation::Stack', physicalId = stackId, reason = '' } = {},
): string {
  return `<member><StackId>${stackId}</StackId><StackName>app</StackName><EventId>${id}</EventId><Timestamp>2026-01-01T00:00:00Z</Timestamp><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceType>${type}</ResourceType><ResourceStatus>${status}</ResourceStatus>${reason === '' ? '' : `<ResourceStatusReason>${reason}</ResourceStatusReason>`}</member>`;
}

export function describeChangeSet({
  name,
  description,
  changes = retentionChange,
  changeSetStatus = 'CREATE_COMPLETE',
  changeSetReason,
  executionStatus = 'AVAILABLE',
  nextToken,
}: ScriptedStack & { name: string; description: string; nextToken?: string }): Reply {
  return xml(
    'DescribeChangeSet',
    `<ChangeSetName>${name}</ChangeSetName><ChangeSetId>${changeSetId(name)}</ChangeSetId><StackId>${stackId}</StackId><StackName>app</StackName><Description>${description}</Description><Status>${changeSetStatus}</Status>${changeSetReason === undefined ? '' : `<StatusReason>${changeSetReason}</StatusReason>`}<ExecutionStatus>${executionStatus}</ExecutionStatus><Changes>${changes}</Changes>${nextToken === undefined ? '' : `<NextToken>${nextToken}</NextToken>`}`,
  );
}

export interface ScriptedChange {
  readonly logicalId: string;
  readonly type?: string;
  readonly action?: string;
  readonly replacement?: string;
  readonly details?: string;
  readonly nested?: string;
  readonly more?: string;
}

export function change({
  logicalId,
  type = 'AWS::Logs::LogGroup',
  action = 'Modify',
  replacement = 'False',
  details = '',
  nested,
  more = '',
}: ScriptedChange): string {
  const nestedId = nested === undefined ? '' : `<ChangeSetId>${nested}</ChangeSetId>`;
  return `<member><Type>Resource</Type><ResourceChange><Action>${action}</Action><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>app-${logicalId}-1</PhysicalResourceId><ResourceType>${type}</ResourceType><Replacement>${replacement}</Replacement><Details>${details}</Details>${nestedId}${more}</ResourceChange></member>`;
}

export function detail(
  name: string,
  { before = '', after = '', recreation = 'Never', source = 'DirectModification', cause = '' } = {},
): string {
  return `<member><Target><Attribute>Properties</Attribute><Name>${name}</Name><Path>/Properties/${name}</Path><RequiresRecreation>${recreation}</RequiresRecreation><BeforeValue>${before}</BeforeValue><AfterValue>${after}</AfterValue></Target><Evaluation>Static</Evaluation><ChangeSource>${source}</ChangeSource>${cause === '' ? '' : `<CausingEntity>${cause}</CausingEntity>`}</member>`;
}

const retentionChange = change({
  logicalId: 'Logs',
  details: detail('RetentionInDays', { before: '30', after: '365' }),
});
