import type {
  Capability,
  Change,
  CloudFormationClient,
  CreateChangeSetCommandInput,
  OperationEvent,
  StackEvent as SdkStackEvent,
  Stack,
  StackStatus,
} from '@aws-sdk/client-cloudformation';
import type {
  ChangeSet,
  ChangeSetRequest,
  ChangeSetSummary,
  CreationAnswer,
  DeployedStack,
  ExecutionAnswer,
  RawChange,
  StackEvent,
  StackResource,
  Stacks,
  TemplateSource,
} from '../../aws-ports.js';
import { isNamed, told } from './clients.js';
import { asFailure, eachPage, isAnswerLost, readSdkError, required } from './failure.js';

interface Clients {
  readonly client: CloudFormationClient;
  /** Repeats nothing that may have been carried out. */
  readonly once: CloudFormationClient;
}

/** CloudFormation. */
export function stacks(clients: () => Promise<Clients>, profile: string | undefined): Stacks {
  const sdk = () => import('@aws-sdk/client-cloudformation');
  const about = (name: string, on: string) => ({ action: `cloudformation:${name}`, on, profile });

  return {
    async roots() {
      const { paginateListStacks } = await sdk();
      const { client } = await clients();
      return told(about('ListStacks', 'the account'), async () => {
        const found: { id: string; name: string }[] = [];
        const pages = paginateListStacks({ client }, { StackStatusFilter: [...deployedStates] });
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          for (const each of required(page.StackSummaries, 'StackSummaries')) {
            if (each.ParentId !== undefined && each.ParentId !== '') continue;
            found.push({
              id: required(each.StackId, 'StackId'),
              name: required(each.StackName, 'StackName'),
            });
          }
        }
        return found.sort((left, right) => (left.name < right.name ? -1 : 1));
      });
    },

    async stack(nameOrId) {
      const { DescribeStacksCommand } = await sdk();
      const { client } = await clients();
      const found = await told(about('DescribeStacks', `the stack ${nameOrId}`), async () => {
        try {
          const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: nameOrId }));
          return deployedStack(required(Stacks?.[0], 'stack'));
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw error;
        }
      });
      return found?.status === 'DELETE_COMPLETE' ? undefined : found;
    },

    async template(stackId, stage = 'Original') {
      const { GetTemplateCommand } = await sdk();
      const { client } = await clients();
      return told(about('GetTemplate', stackId), async () => {
        const command = new GetTemplateCommand({ StackName: stackId, TemplateStage: stage });
        return required((await client.send(command)).TemplateBody, 'TemplateBody');
      });
    },

    async resources(stackId) {
      const { paginateListStackResources } = await sdk();
      const { client } = await clients();
      return told(about('ListStackResources', stackId), async () => {
        const found: StackResource[] = [];
        const pages = paginateListStackResources({ client }, { StackName: stackId });
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          for (const each of required(page.StackResourceSummaries, 'StackResourceSummaries')) {
            found.push({
              logicalId: required(each.LogicalResourceId, 'LogicalResourceId'),
              type: required(each.ResourceType, 'ResourceType'),
              physicalId: each.PhysicalResourceId,
              status: required(each.ResourceStatus, 'ResourceStatus'),
            });
          }
        }
        return found;
      });
    },

    async create(request) {
      const { CreateChangeSetCommand } = await sdk();
      const { once } = await clients();
      const input = changeSetInput(request);
      return told(about('CreateChangeSet', request.stackId), () =>
        once.send(new CreateChangeSetCommand(input)).then(
          ({ Id }): CreationAnswer =>
            Id === undefined
              ? { outcome: 'unknown', because: 'the answer has no id' }
              : { outcome: 'created', id: Id },
          (error: unknown) => creationAnswer(error, request),
        ),
      );
    },

    async changeSet(nameOrId, stackName) {
      const { paginateDescribeChangeSet } = await sdk();
      const { client } = await clients();
      const input = {
        ChangeSetName: nameOrId,
        ...(!nameOrId.startsWith('arn:') && { StackName: stackName }),
        IncludePropertyValues: true,
      };
      return told(about('DescribeChangeSet', nameOrId), async () => {
        try {
          let whole: ChangeSet | undefined;
          const pages = paginateDescribeChangeSet({ client }, input);
          for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
            if (page.Status === 'DELETE_COMPLETE') return undefined;
            whole = {
              id: required(page.ChangeSetId, 'ChangeSetId'),
              name: required(page.ChangeSetName, 'ChangeSetName'),
              stackId: required(page.StackId, 'StackId'),
              stackName: page.StackName ?? stackName,
              description: page.Description ?? '',
              status: required(page.Status, 'Status'),
              statusReason: page.StatusReason,
              executionStatus: page.ExecutionStatus,
              changes: [...(whole?.changes ?? []), ...(page.Changes ?? []).flatMap(rawChange)],
            };
          }
          return whole;
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw error;
        }
      });
    },

    async changeSets(stackName) {
      const { paginateListChangeSets } = await sdk();
      const { client } = await clients();
      return told(about('ListChangeSets', stackName), async () => {
        const found: ChangeSetSummary[] = [];
        const pages = paginateListChangeSets({ client }, { StackName: stackName });
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          for (const each of required(page.Summaries, 'Summaries')) {
            const status = required(each.Status, 'Status');
            if (status === 'DELETE_COMPLETE') continue;
            found.push({
              id: required(each.ChangeSetId, 'ChangeSetId'),
              name: required(each.ChangeSetName, 'ChangeSetName'),
              description: each.Description ?? '',
              status,
              executionStatus: each.ExecutionStatus,
              createdAt: each.CreationTime?.toISOString() ?? '',
            });
          }
        }
        return found;
      });
    },

    async validationFindings(changeSetId) {
      const { paginateDescribeEvents } = await sdk();
      const { client } = await clients();
      return told(about('DescribeEvents', changeSetId), async () => {
        const found: string[] = [];
        // Not only failed events: what a check in WARN mode finds stops nothing, and is told nowhere else.
        const pages = paginateDescribeEvents({ client }, { ChangeSetName: changeSetId });
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          found.push(...required(page.OperationEvents, 'OperationEvents').flatMap(validationLine));
        }
        return found;
      });
    },

    async deleteChangeSet(nameOrId, stackName) {
      const { DeleteChangeSetCommand } = await sdk();
      const { client } = await clients();
      await told(about('DeleteChangeSet', nameOrId), () =>
        client
          .send(
            new DeleteChangeSetCommand({
              ChangeSetName: nameOrId,
              ...(!nameOrId.startsWith('arn:') && { StackName: stackName }),
            }),
          )
          .catch((error: unknown) => {
            if (!isMissing(error)) throw error;
          }),
      );
    },

    async deleteShell(stackId) {
      const { DeleteStackCommand } = await sdk();
      const { client } = await clients();
      await told(about('DeleteStack', stackId), () =>
        client.send(new DeleteStackCommand({ StackName: stackId })),
      );
    },

    async execute(changeSetId, stackId, token) {
      const { ExecuteChangeSetCommand } = await sdk();
      const { once } = await clients();
      return told(about('ExecuteChangeSet', stackId), () =>
        once
          .send(new ExecuteChangeSetCommand({ ChangeSetName: changeSetId, ClientRequestToken: token }))
          .then(
            ({ $metadata }): ExecutionAnswer =>
              // An execution is answered with nothing, so the number of the request is all that shows who has answered.
              $metadata.requestId === undefined
                ? { outcome: 'unknown', because: 'the answer has no number' }
                : { outcome: 'started' },
            executionAnswer,
          ),
      );
    },

    async newestEvent(stackId) {
      for await (const event of events(stackId)) return event;
      return undefined;
    },

    async eventsAfter(stackId, eventId) {
      const newest: StackEvent[] = [];
      for await (const event of events(stackId)) {
        if (event.id === eventId) break;
        newest.push(event);
      }
      return newest.reverse();
    },
  };

  /** Newest first, page by page. */
  async function* events(stackId: string): AsyncGenerator<StackEvent> {
    const { paginateDescribeStackEvents } = await sdk();
    const { client } = await clients();
    try {
      const pages = paginateDescribeStackEvents({ client }, { StackName: stackId });
      for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
        for (const event of required(page.StackEvents, 'StackEvents')) yield stackEvent(event);
      }
    } catch (error) {
      throw asFailure(error, about('DescribeStackEvents', stackId));
    }
  }
}

/** States of a stack that has a template, and resources that are to stay. */
const deployedStates: readonly StackStatus[] = [
  'CREATE_COMPLETE',
  'UPDATE_IN_PROGRESS',
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_COMPLETE',
  'UPDATE_FAILED',
  'UPDATE_ROLLBACK_IN_PROGRESS',
  'UPDATE_ROLLBACK_FAILED',
  'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_IN_PROGRESS',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_IN_PROGRESS',
  'IMPORT_ROLLBACK_FAILED',
  'IMPORT_ROLLBACK_COMPLETE',
];

function stackEvent(event: SdkStackEvent): StackEvent {
  return {
    id: required(event.EventId, 'EventId'),
    logicalId: event.LogicalResourceId ?? '',
    physicalId: event.PhysicalResourceId === '' ? undefined : event.PhysicalResourceId,
    type: event.ResourceType ?? '',
    status: event.ResourceStatus ?? '',
    // Stand-ins send an empty one where AWS sends none.
    reason: event.ResourceStatusReason === '' ? undefined : event.ResourceStatusReason,
    token: event.ClientRequestToken,
  };
}

/** CloudFormation has several ways to say that there is no such thing. */
function isMissing(error: unknown): boolean {
  if (isNamed(error, 'ChangeSetNotFound', 'ChangeSetNotFoundException', 'StackNotFoundException'))
    return true;
  return isNamed(error, 'ValidationError') && /does not exist/.test((error as Error).message);
}

function creationAnswer(error: unknown, { name }: ChangeSetRequest): CreationAnswer {
  if (isNamed(error, 'AlreadyExistsException')) return { outcome: 'name-taken' };
  const read = readSdkError(error);
  if (read !== undefined && /No updates are to be performed/.test(read.message))
    return { outcome: 'no-changes' };
  if (read !== undefined && isAnswerLost(read)) {
    return { outcome: 'unknown', because: `the answer about ${name} was lost: ${read.message}` };
  }
  throw error;
}

function executionAnswer(error: unknown): ExecutionAnswer {
  if (isMissing(error)) return { outcome: 'gone' };
  const read = readSdkError(error);
  if (read === undefined) throw error;
  if (isNamed(error, 'InvalidChangeSetStatus', 'InvalidChangeSetStatusException')) {
    return { outcome: 'refused', because: read.message };
  }
  if (isAnswerLost(read)) return { outcome: 'unknown', because: read.message };
  throw error;
}

const masked = '****';

function deployedStack(stack: Stack): DeployedStack {
  const { RollbackConfiguration: rollback } = stack;
  return {
    id: required(stack.StackId, 'StackId'),
    name: required(stack.StackName, 'StackName'),
    status: required(stack.StackStatus, 'StackStatus'),
    statusReason: stack.StackStatusReason,
    updatedAt: required(stack.LastUpdatedTime ?? stack.CreationTime, 'CreationTime').toISOString(),
    parameters: (stack.Parameters ?? []).map(({ ParameterKey = '', ParameterValue, ResolvedValue }) => ({
      name: ParameterKey,
      value: ParameterValue === masked || ResolvedValue !== undefined ? undefined : ParameterValue,
    })),
    capabilities: stack.Capabilities ?? [],
    tags: (stack.Tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value })),
    notificationArns: stack.NotificationARNs ?? [],
    rollback: {
      ...(rollback?.MonitoringTimeInMinutes !== undefined && {
        monitoringMinutes: rollback.MonitoringTimeInMinutes,
      }),
      triggers: (rollback?.RollbackTriggers ?? []).map(({ Arn = '', Type = '' }) => ({
        arn: Arn,
        type: Type,
      })),
    },
  };
}

/** A request as CloudFormation takes it. */
function changeSetInput(request: ChangeSetRequest): CreateChangeSetCommandInput {
  const { rollback, roleArn } = request;
  return {
    StackName: request.stackId,
    ChangeSetName: request.name,
    ChangeSetType: request.isNew ? 'CREATE' : 'UPDATE',
    ClientToken: request.token,
    Description: request.description,
    ...templateInput(request.template),
    Parameters: request.parameters.map((choice) =>
      'usePrevious' in choice
        ? { ParameterKey: choice.name, UsePreviousValue: true }
        : { ParameterKey: choice.name, ParameterValue: choice.value },
    ),
    // A name the SDK does not know yet is CloudFormation's to refuse.
    Capabilities: request.capabilities as Capability[],
    Tags: request.tags.map(({ key, value }) => ({ Key: key, Value: value })),
    NotificationARNs: [...request.notificationArns],
    RollbackConfiguration: {
      ...(rollback.monitoringMinutes !== undefined && {
        MonitoringTimeInMinutes: rollback.monitoringMinutes,
      }),
      RollbackTriggers: rollback.triggers.map(({ arn, type }) => ({ Arn: arn, Type: type })),
    },
    IncludeNestedStacks: true,
    ...(roleArn !== undefined && { RoleARN: roleArn }),
    ...(request.importExisting && { ImportExistingResources: true }),
  };
}

function templateInput(template: TemplateSource): Partial<CreateChangeSetCommandInput> {
  switch (template.kind) {
    case 'body':
      return { TemplateBody: template.text };
    case 'url':
      return { TemplateURL: template.url };
    case 'previous':
      return { UsePreviousTemplate: true };
  }
}

/** A change as CloudFormation tells it; what is no change of a resource is left out. */
function rawChange({ ResourceChange: change }: Change): readonly RawChange[] {
  if (change === undefined) return [];
  return [
    {
      logicalId: change.LogicalResourceId ?? '',
      type: change.ResourceType ?? '',
      physicalId: change.PhysicalResourceId,
      action: change.Action ?? '',
      replacement: change.Replacement,
      policyAction: change.PolicyAction,
      driftStatus: change.ResourceDriftStatus,
      nestedChangeSetId: change.ChangeSetId,
      beforeContext: change.BeforeContext,
      afterContext: change.AfterContext,
      details: (change.Details ?? []).map(({ Target: target, ChangeSource, CausingEntity }) => ({
        attribute: target?.Attribute ?? '',
        name: target?.Name,
        path: target?.Path,
        recreation: target?.RequiresRecreation,
        before: target?.BeforeValue,
        after: target?.AfterValue,
        source: ChangeSource,
        cause: CausingEntity,
      })),
    },
  ];
}

/** `Fn: NAME_CONFLICT_VALIDATION: … at /Resources/Fn/Properties/FunctionName`; nothing for what went well. */
function validationLine(event: OperationEvent): readonly string[] {
  const reason = event.ValidationStatusReason ?? event.HookStatusReason ?? event.ResourceStatusReason;
  const isWell =
    event.ValidationStatus === 'SKIPPED' ||
    event.HookStatus === 'HOOK_COMPLETE_SUCCEEDED' ||
    event.HookStatus === 'HOOK_IN_PROGRESS' ||
    event.EventType === 'STACK_EVENT' ||
    event.EventType === 'PROGRESS_EVENT';
  if (reason === undefined || isWell) return [];
  const check = event.ValidationName ?? event.HookType;
  const where = event.ValidationPath === undefined ? '' : ` at ${event.ValidationPath}`;
  return [
    [event.LogicalResourceId, check, `${reason}${where}`].filter((part) => part !== undefined).join(': '),
  ];
}
