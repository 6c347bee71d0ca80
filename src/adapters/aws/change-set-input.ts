import type { Capability, CreateChangeSetCommandInput } from '@aws-sdk/client-cloudformation';
import type { ChangeSetRequest, TemplateSource } from '../../aws-ports.js';

/** A request as CloudFormation takes it. */
export function changeSetInput(request: ChangeSetRequest): CreateChangeSetCommandInput {
  const { rollback, roleArn } = request;
  return {
    StackName: request.stackId,
    ChangeSetName: request.name,
    ChangeSetType: 'UPDATE',
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
