import type { Change, OperationEvent } from '@aws-sdk/client-cloudformation';
import type { RawChange } from '../../aws-ports.js';

/** A change as CloudFormation tells it; what is no change of a resource is left out. */
export function rawChange({ ResourceChange: change }: Change): readonly RawChange[] {
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
export function validationLine(event: OperationEvent): readonly string[] {
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
