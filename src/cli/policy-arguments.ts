import type { Command } from 'commander';
import { addGroup } from './command-group.js';
import { type CommonFlags, collect, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import type { Request } from './request.js';

type InitFlags = CommonFlags & { policy: string; output: string };
type ReadFlags = CommonFlags & { policy?: string; template?: string[] };

/** `idp-fix policy init|show|check`. */
export function addPolicyCommands(program: Command, ask: (request: Request) => void): void {
  const policy = addGroup(program, 'policy', 'start, show or check a policy');
  withExamples(policy, [
    ['idp-fix policy init template.yaml', 'start one, with what is found there'],
    ['idp-fix policy show', 'what counts here, and where it comes from'],
    ['idp-fix policy check', 'for a pipeline: is it in order?'],
  ]);
  addInit(policy, ask);
  addShow(policy, ask);
  addCheck(policy, ask);
}

function addInit(policy: Command, ask: (request: Request) => void): void {
  const init = policy
    .command('init')
    .description('write a policy to fill in, with what your templates show in comments')
    .argument('[template...]', 'templates whose keys, functions and log groups are listed')
    .option('--policy <preset>', 'preset to start from', 'production')
    .option('--output <file>', 'file to write', 'idp-fix.policy.yaml')
    .action((templates: string[], flags: InitFlags, command: Command) =>
      ask({
        command: 'policy',
        action: 'init',
        policy: flags.policy,
        output: flags.output,
        templates,
        ...common(command),
      }),
    );
  withExamples(withCommonOptions(init), [
    ['idp-fix policy init template.yaml', 'on top of the preset production'],
    ['idp-fix policy init --policy regulated .', 'for all templates below'],
    ['idp-fix policy init', 'without looking at any'],
  ]);
}

const whichPolicy = 'file or preset; default: nearest idp-fix.policy.yaml upwards, else production';

function addShow(policy: Command, ask: (request: Request) => void): void {
  const show = policy
    .command('show')
    .description('print the policy with everything it extends, and where each value comes from')
    .argument('[policy]', whichPolicy)
    .option('--policy <file|preset>', 'the same as the argument')
    .action((named: string | undefined, flags: ReadFlags, command: Command) =>
      ask({
        command: 'policy',
        action: 'show',
        policy: named ?? flags.policy,
        templates: [],
        ...common(command),
      }),
    );
  withExamples(withCommonOptions(show), [
    ['idp-fix policy show', 'the nearest policy upwards, else production'],
    ['idp-fix policy show regulated', 'a preset'],
  ]);
}

function addCheck(policy: Command, ask: (request: Request) => void): void {
  const check = policy
    .command('check')
    .description('say whether a policy is in order, and whether anything in it has expired')
    .argument('[policy]', whichPolicy)
    .option('--policy <file|preset>', 'the same as the argument')
    .option(
      '--template <file>',
      'also say what the policy says of nothing that is there; may be given several times',
      collect,
    )
    .action((named: string | undefined, flags: ReadFlags, command: Command) =>
      ask({
        command: 'policy',
        action: 'check',
        policy: named ?? flags.policy,
        templates: flags.template ?? [],
        ...common(command),
      }),
    );
  withExamples(withCommonOptions(check), [
    ['idp-fix policy check', 'the nearest policy upwards'],
    ['idp-fix policy check team.policy.yaml', 'a file'],
    ['idp-fix policy check --template template.yaml', 'together with what it is about'],
  ]);
}
