import type { Command } from 'commander';
import { addGroup } from './command-group.js';
import { type CommonFlags, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import type { Request } from './request.js';

type InitFlags = CommonFlags & { policy: string; output: string };

/** `idp-fix policy init|show|check`. */
export function addPolicyCommands(program: Command, ask: (request: Request) => void): void {
  const policy = addGroup(program, 'policy', 'start, show or check a policy');
  withExamples(policy, [
    ['idp-fix policy init', 'start one'],
    ['idp-fix policy show', 'what counts here, and where it comes from'],
    ['idp-fix policy check', 'for a pipeline: is it in order?'],
  ]);
  addInit(policy, ask);
  addReading(policy, ask, 'show', 'print the policy with everything it extends filled in', [
    ['idp-fix policy show', 'the nearest policy upwards, else production'],
    ['idp-fix policy show regulated', 'a preset'],
  ]);
  addReading(policy, ask, 'check', 'say whether a policy is in order', [
    ['idp-fix policy check', 'the nearest policy upwards'],
    ['idp-fix policy check team.policy.yaml', 'a file'],
  ]);
}

function addInit(policy: Command, ask: (request: Request) => void): void {
  const init = policy
    .command('init')
    .description('write an idp-fix.policy.yaml to fill in')
    .option('--policy <preset>', 'preset to start from', 'production')
    .option('--output <file>', 'file to write', 'idp-fix.policy.yaml')
    .action((flags: InitFlags, command: Command) =>
      ask({
        command: 'policy',
        action: 'init',
        policy: flags.policy,
        output: flags.output,
        ...common(command),
      }),
    );
  withExamples(withCommonOptions(init), [
    ['idp-fix policy init', 'on top of the preset production'],
    ['idp-fix policy init --policy regulated', 'on top of another one'],
  ]);
}

function addReading(
  policy: Command,
  ask: (request: Request) => void,
  action: 'show' | 'check',
  description: string,
  examples: readonly (readonly [string, string])[],
): void {
  const command = policy
    .command(action)
    .description(description)
    .argument('[policy]', 'file or preset; default: nearest idp-fix.policy.yaml upwards, else production')
    .option('--policy <file|preset>', 'the same as the argument')
    .action((named: string | undefined, flags: { policy?: string }, self: Command) =>
      ask({
        command: 'policy',
        action,
        policy: named ?? flags.policy,
        output: undefined,
        ...common(self),
      }),
    );
  withExamples(withCommonOptions(command), examples);
}
