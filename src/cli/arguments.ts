import { Command, CommanderError, Option } from 'commander';
import { IdpFixError } from '../errors.js';
import { addChangeSetCommands } from './change-set-arguments.js';
import { type CommonFlags, collect, collectIds, common, withCommonOptions } from './common-options.js';
import { examples, exitCodes } from './help.js';
import { checklistFormats, formats, type Request, suppressionHandlings } from './request.js';

/**
 * Understands a command line. The one place that knows the flags; nothing is read, run or printed.
 * @param words without the interpreter and the script
 * @throws IdpFixError `usage`
 */
export function parseArguments(words: readonly string[], version: string): Request {
  const told: { request?: Request; text: string } = { text: '' };
  const program = buildProgram(version, (request) => {
    told.request = request;
  });
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap((each) => each.commands),
  ]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        told.text += text;
      },
      writeErr: () => {},
    });
  }
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'text', text: told.text };
    throw usageError(error);
  }
  if (told.request === undefined) return { command: 'text', text: told.text };
  return told.request;
}

type PlanFlags = {
  apply?: true;
  dryRun?: true;
  out?: string;
  only?: string[];
  skip?: string[];
  include?: 'review';
  policy?: string;
  parameters?: string[];
  suppressions?: (typeof suppressionHandlings)[number];
  format?: (typeof formats)[number];
  output?: string;
  allowOutside?: true;
  baseline?: string;
  writeBaseline?: string;
};

type ChecklistFlags = { policy?: string; format: (typeof checklistFormats)[number] };

function buildProgram(version: string, ask: (request: Request) => void): Command {
  const program = withCommonOptions(new Command('idp-fix'))
    .description(
      'Says where CloudFormation and SAM templates fall short of a policy, and writes the fix.\nWithout --apply nothing is written.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .argument('[template...]', 'template files, folders to search for templates, or - for the standard input')
    .option('--apply', 'write the patched templates')
    .option('--dry-run', 'with --apply: show exactly what would be written, and write nothing')
    .option('--out <dir>', 'with --apply: write below this folder instead of in place')
    .addOption(
      new Option('--only <ids>', 'only these remediations, separated by commas').argParser(collectIds),
    )
    .addOption(new Option('--skip <ids>', 'all remediations but these').argParser(collectIds))
    .addOption(new Option('--include <class>', 'also write patches that need consent').choices(['review']))
    .option(
      '--policy <file|preset>',
      'default: nearest idp-fix.policy.yaml upwards, else the preset production',
    )
    .option(
      '--parameters <file|k=v>',
      'parameter values of the deployed stack; may be given several times',
      collect,
    )
    .addOption(
      new Option('--suppressions <how>', 'what skips in the templates count for').choices([
        ...suppressionHandlings,
      ]),
    )
    .addOption(new Option('--format <format>', 'form of the report (default: text)').choices([...formats]))
    .option('--output <file>', 'write the report to a file')
    .option('--allow-outside', "follow nested templates that lie outside the root template's folder")
    .option('--baseline <file>', 'findings in this file are known; only new ones count for the exit code')
    .option('--write-baseline <file>', "make today's findings the known ones; no report, no template written")
    .addHelpText('after', `${examples}\n${exitCodes}`)
    .action((words: string[], flags: PlanFlags, command: Command) =>
      ask({ command: 'plan', ...planOptions(words, flags), ...common(command) }),
    );

  withCommonOptions(program.command('explain'))
    .description('what a remediation asks for, why, and where it is written down')
    .argument('<id>', 'id of the remediation')
    .action((id: string, _: CommonFlags, command: Command) =>
      ask({ command: 'explain', id, ...common(command) }),
    );

  withCommonOptions(program.command('checklist'))
    .description('the production checklist: what is done, what is open, what was accepted')
    .argument('<template...>', 'template files, folders to search for templates, or - for the standard input')
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .addOption(
      new Option('--format <format>', 'form of the list').choices([...checklistFormats]).default('text'),
    )
    .action((templates: string[], flags: ChecklistFlags, command: Command) =>
      ask({
        command: 'checklist',
        templates,
        policy: flags.policy,
        format: flags.format,
        ...common(command),
      }),
    );

  withCommonOptions(program.command('undo'))
    .description('take back the last --apply, as long as nothing has changed since')
    .argument('[template]', 'the root template or its folder', '.')
    .action((template: string, _: CommonFlags, command: Command) =>
      ask({ command: 'undo', template, ...common(command) }),
    );

  addPolicyCommands(program, ask);
  addChangeSetCommands(program, ask);
  return program;
}

function addPolicyCommands(program: Command, ask: (request: Request) => void): void {
  const policy = program.command('policy').description('start, show or check a policy').helpCommand(false);
  policy.argument('[action]').action((word: string | undefined) => {
    const what = word === undefined ? 'policy needs to know what to do' : `unknown policy command '${word}'`;
    throw new IdpFixError('usage', what, { hint: 'there are policy init, policy show and policy check' });
  });
  withCommonOptions(policy.command('init'))
    .description('write an idp-fix.policy.yaml to fill in')
    .option('--policy <preset>', 'preset to start from', 'production')
    .option('--output <file>', 'file to write', 'idp-fix.policy.yaml')
    .action((flags: { policy: string; output: string }, command: Command) =>
      ask({
        command: 'policy',
        action: 'init',
        policy: flags.policy,
        output: flags.output,
        ...common(command),
      }),
    );
  for (const [action, description] of [
    ['show', 'print the policy with everything it extends filled in'],
    ['check', 'say whether a policy is in order'],
  ] as const) {
    withCommonOptions(policy.command(action))
      .description(description)
      .argument('[policy]', 'file or preset; default: nearest idp-fix.policy.yaml upwards, else production')
      .option('--policy <file|preset>', 'the same as the argument')
      .action((named: string | undefined, flags: { policy?: string }, command: Command) =>
        ask({
          command: 'policy',
          action,
          policy: named ?? flags.policy,
          output: undefined,
          ...common(command),
        }),
      );
  }
}

function planOptions(words: readonly string[], flags: PlanFlags) {
  // `--parameters A=1 B=2 template.yaml`: the flag takes one word, so the others of its kind arrive as templates.
  const isParameter = (word: string) => flags.parameters !== undefined && /^[A-Za-z0-9]+=/.test(word);
  const templates = words.filter((word) => !isParameter(word));
  if (templates.length === 0) throw missingTemplate();
  if (flags.dryRun && !flags.apply) {
    throw new IdpFixError('usage', '--dry-run only has a meaning with --apply', {
      hint: 'a plan never writes; for the exact diff say --apply --dry-run, or --format diff',
    });
  }
  if (flags.out !== undefined && !flags.apply) {
    throw new IdpFixError('usage', '--out only has a meaning with --apply', {
      hint: 'say --apply --out DIR',
    });
  }
  refuseWithBaseline(flags);
  return {
    templates,
    apply: flags.apply ?? false,
    dryRun: flags.dryRun ?? false,
    out: flags.out,
    only: flags.only ?? [],
    skip: flags.skip ?? [],
    includeReview: flags.include === 'review',
    policy: flags.policy,
    parameters: [...(flags.parameters ?? []), ...words.filter(isParameter)],
    suppressions: flags.suppressions,
    format: flags.format,
    output: flags.output,
    allowOutside: flags.allowOutside ?? false,
    baseline: flags.baseline,
    writeBaseline: flags.writeBaseline,
  };
}

/** A run writes one thing. */
function refuseWithBaseline({ writeBaseline, ...flags }: PlanFlags): void {
  const others = {
    '--apply': flags.apply,
    '--baseline': flags.baseline,
    '--output': flags.output,
    '--format': flags.format,
  };
  const [clash] = Object.entries(others).find(([, given]) => given !== undefined) ?? [];
  if (writeBaseline === undefined || clash === undefined) return;
  throw new IdpFixError('usage', `--write-baseline and ${clash} do not go together`, {
    hint: 'write the baseline in a run of its own: idp-fix --write-baseline FILE template.yaml',
  });
}

function missingTemplate(): IdpFixError {
  return new IdpFixError('usage', 'no template was named', {
    hint: 'name a template file or a folder: idp-fix template.yaml; idp-fix --help shows everything',
  });
}

function usageError(error: CommanderError): IdpFixError {
  const [what = '', suggestion] = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split('\n');
  const hint = suggestion?.replace(/^\(Did you mean (.*)\?\)$/, 'did you mean $1?');
  return new IdpFixError('usage', what, { hint: hint ?? 'idp-fix --help shows what there is' });
}
