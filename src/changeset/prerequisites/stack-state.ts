import type { DeployedStack } from '../../aws-ports.js';
import { IdpFixError } from '../../errors.js';

/**
 * States from which a change set can be made.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-describing-stacks.html
 */
const updatable: ReadonlySet<string> = new Set([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
]);

const waysOut: Readonly<Record<string, string>> = {
  ROLLBACK_COMPLETE: 'its creation failed, so it can only be deleted and created again',
  ROLLBACK_FAILED: 'its creation failed, so it can only be deleted and created again',
  CREATE_FAILED: 'its creation failed, so it can only be deleted and created again',
  REVIEW_IN_PROGRESS: 'it has never been deployed; deploy it first',
  UPDATE_ROLLBACK_FAILED: 'aws cloudformation continue-update-rollback brings it back',
  DELETE_FAILED: 'it is being deleted',
};

/** @throws IdpFixError `stack-not-ready` for a stack that is not there, busy, or cannot be updated */
export function readyStack(stack: DeployedStack | undefined, name: string, region: string): DeployedStack {
  if (stack === undefined) {
    throw new IdpFixError('stack-not-ready', `there is no stack ${name} in ${region}`, {
      hint: 'name the stack, the region and the account it is in: --stack, --region, --profile',
    });
  }
  if (updatable.has(stack.status)) return stack;
  const isBusy = stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS';
  const hint = isBusy ? 'another operation is running; wait until it is done' : waysOut[stack.status];
  const reason = stack.statusReason === undefined ? '' : `: ${stack.statusReason}`;
  throw new IdpFixError('stack-not-ready', `the stack ${stack.name} is in ${stack.status}${reason}`, {
    ...(hint !== undefined && { hint }),
  });
}
