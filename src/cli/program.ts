import { Argument, Command, CommanderError, Option } from 'commander';
import { IdpFixError } from '../errors.js';
import { closest, suggestion } from '../policy/problems.js';
import { addChangeSetCommands, addVerify } from './change-set-arguments.js';
import {
  addGroup,
  type CommonFlags,
  collect,
  common,
  exitCodes,
  withAllBelow,
  withCommonOptions,
  withExamples,
} from './common-options.js';
import { addFleet } from './fleet-arguments.js';
import { addPlan, addWizard } from './plan-arguments.js';
import { checklistFormats, type Request, type Shell, shells } from './request.js';

/** The command line as commander knows it; each command describes itself in a file of its own. */
export function buildProgram(version: string, ask: (request: Request) => void): Command {
  const program = new Command('idp-fix')
    .description(
      'Says where CloudFormation and SAM templates fall short of a policy, and writes the fix.\nWithout --apply nothing is written.',
    )
    .helpCommand(false)
    .enablePositionalOptions();
  addPlan(program, ask);
  addWizard(program, ask);
  addExplain(program, ask);
  addChecklist(program, ask);
  addUndo(program, ask);
  addFleet(program, ask);
  addFetch(program, ask);
  addPolicyCommands(program, ask);
  addChangeSetCommands(program, ask);
  addServers(program, ask);
  addVerify(program, ask);
  addCompletion(program, ask);
  withCommonOptions(program).version(version, '--version', 'print the version');
  return withExamples(
    program,
    [
      ['idp-fix template.yaml', 'what falls short, and the fix for it'],
      ['idp-fix --apply --dry-run template.yaml', 'the exact diff'],
      ['idp-fix --apply template.yaml', 'write it; idp-fix undo reverts it'],
      ['idp-fix --format json .', 'all templates below, for programs'],
      ['idp-fix --parameters Stage=prod app.yaml', 'as it is deployed'],
      ['idp-fix --baseline known.json app.yaml', 'fail on what is new only'],
      ['idp-fix help explain', 'what a command can do'],
    ],
    exitCodes,
  );
}

type UndoFlags = CommonFlags & { allowOutside?: true };

/** `idp-fix undo [TEMPLATE]`. */
function addUndo(program: Command, ask: (request: Request) => void): void {
  const undo = program
    .command('undo')
    .description('take back the last --apply, as long as nothing has changed since')
    .argument('[template]', 'the root template or its folder', '.')
    .option('--allow-outside', 'take back what --apply --allow-outside wrote outside the folder')
    .action((template: string, flags: UndoFlags, command: Command) =>
      ask({ command: 'undo', template, allowOutside: flags.allowOutside ?? false, ...common(command) }),
    );
  withExamples(withCommonOptions(undo), [
    ['idp-fix undo', 'in the folder of the root template'],
    ['idp-fix undo app/template.yaml', 'from anywhere'],
  ]);
}

type FetchFlags = CommonFlags & { out: string; update?: true };

/** `idp-fix fetch URL`. */
function addFetch(program: Command, ask: (request: Request) => void): void {
  const fetch = program
    .command('fetch')
    .description('download a published template and all it nests into a folder, with their hashes')
    .argument('<url>', 'https://… or s3://bucket/key; read without credentials')
    .option('--out <dir>', 'folder that takes them', '.')
    .option('--update', 'replace what has changed at its URL since it was fetched')
    .action((url: string, { out, update }: FetchFlags, command: Command) =>
      ask({ command: 'fetch', url, out, update: update ?? false, ...common(command) }),
    );
  withExamples(withCommonOptions(fetch), [
    [
      'idp-fix fetch https://bucket.s3.amazonaws.com/v1/template.yaml',
      'the template a Launch Stack button names',
    ],
    [
      'idp-fix fetch s3://bucket/v1/template.yaml --out v1',
      'the same from a bucket, into a folder of its own',
    ],
  ]);
}

/** `idp-fix completion SHELL`. */
function addCompletion(program: Command, ask: (request: Request) => void): void {
  const completion = program
    .command('completion')
    .description('print a script that completes commands, flags and ids in a shell')
    .addArgument(new Argument('<shell>', 'the shell it is for').choices([...shells]))
    .action((shell: Shell, _: CommonFlags, command: Command) =>
      ask({ command: 'completion', shell, ...common(command) }),
    );
  withExamples(
    withCommonOptions(completion),
    [
      ['idp-fix completion bash', 'print it, to have a look'],
      ['idp-fix completion zsh --plugin ./own.js', 'with the ids of a plugin'],
    ],
    `
To have it in every shell:
  bash  echo 'source <(idp-fix completion bash)' >> ~/.bashrc
  zsh   idp-fix completion zsh > "\${fpath[1]}/_idp-fix"
  fish  idp-fix completion fish > ~/.config/fish/completions/idp-fix.fish
  PowerShell  idp-fix completion powershell >> $PROFILE
`,
  );
}

type ChecklistFlags = CommonFlags & {
  policy?: string;
  verification?: string;
  stack?: string;
  format: (typeof checklistFormats)[number];
};

/** `idp-fix checklist TEMPLATE…`. */
function addChecklist(program: Command, ask: (request: Request) => void): void {
  const checklist = program
    .command('checklist')
    .description('the production checklist: what is done, what is open, what was accepted')
    .argument('<template...>', 'template files, folders to search for templates, or - for the standard input')
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .option(
      '--verification <file>',
      'what idp-fix verify --format json has found: done is then only what works as deployed',
    )
    .option('--stack <name>', 'name or ARN of the stack that the verification has to be of')
    .addOption(
      new Option('--format <format>', 'form of the list').choices([...checklistFormats]).default('text'),
    )
    .action((templates: string[], flags: ChecklistFlags, command: Command) =>
      ask({
        command: 'checklist',
        templates,
        policy: flags.policy,
        verification: flags.verification,
        stack: flags.stack,
        format: flags.format,
        ...common(command),
      }),
    );
  withExamples(withCommonOptions(checklist), [
    ['idp-fix checklist template.yaml', 'for reading'],
    ['idp-fix checklist --format markdown template.yaml', 'for a page that others read'],
    ['idp-fix checklist --format csv template.yaml', 'for a spreadsheet'],
    ['idp-fix checklist --verification app.json template.yaml', 'with what verify has found'],
  ]);
}

type ExplainFlags = CommonFlags & {
  finding?: string;
  policy?: string;
  parameters?: string[];
  allowOutside?: true;
};

/** `idp-fix explain [ID] [TEMPLATE…]`. */
function addExplain(program: Command, ask: (request: Request) => void): void {
  const explain = program
    .command('explain')
    .description('what a remediation asks for and why; or all about one finding in your templates')
    .argument('[id]', 'id of the remediation; without one, they are listed')
    .argument('[template...]', 'templates to look into')
    .option(
      '--finding <name>',
      'a finding in them, by its logical id or fingerprint: why it applies here, the exact edit, the risk, how to undo it',
    )
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .option('--parameters <file|k=v>', 'parameter values of the deployed stack', collect)
    .option('--allow-outside', "allow nested templates outside the root template's folder")
    .action((id: string | undefined, templates: string[], flags: ExplainFlags, command: Command) => {
      if (flags.finding !== undefined && templates.length === 0) {
        throw new IdpFixError('usage', '--finding needs the template it is in', {
          hint: `say idp-fix explain ${id ?? 'ID'} template.yaml --finding ${flags.finding}`,
        });
      }
      ask({
        command: 'explain',
        id,
        templates,
        finding: flags.finding,
        policy: flags.policy,
        parameters: flags.parameters ?? [],
        allowOutside: flags.allowOutside ?? false,
        ...common(command),
      });
    });
  withExamples(withCommonOptions(explain), [
    ['idp-fix explain', 'which remediations there are'],
    ['idp-fix explain ID', 'what one looks at, and what the policy sets for it'],
    ['idp-fix explain ID template.yaml', 'what it has found there'],
    ['idp-fix explain ID template.yaml --finding Queue', 'all about one finding'],
  ]);
}

type InitFlags = CommonFlags & { policy: string; output: string };
type ReadFlags = CommonFlags & { policy?: string; template?: string[] };

/** `idp-fix policy init|show|check`. */
function addPolicyCommands(program: Command, ask: (request: Request) => void): void {
  const policy = addGroup(program, 'policy', 'start, show or check a policy');
  withExamples(policy, [
    ['idp-fix policy init template.yaml', 'start one, with what is found there'],
    ['idp-fix policy show', 'what counts here, and where it comes from'],
    ['idp-fix policy check', 'for a pipeline: does it pass?'],
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
    .description('check a policy, and whether anything in it has expired')
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

type McpFlags = CommonFlags & { allowWrite?: true; allowChangeSets?: true };

/** Commands that another program starts and talks to: `idp-fix mcp [ROOT…]`, `idp-fix lsp`. */
function addServers(program: Command, ask: (request: Request) => void): void {
  const mcp = program
    .command('mcp')
    .description(
      'serve agents over the Model Context Protocol: plans, diffs, explanations; nothing is ever executed',
    )
    .argument('[root...]', 'folders that agents may name templates in; default: .')
    .option('--allow-write', 'agents may also write the fixes into templates there, and take them back')
    .option(
      '--allow-change-sets',
      'agents may also create change sets, with a policy file; a person executes them',
    )
    .action((roots: string[], flags: McpFlags, command: Command) =>
      ask({
        command: 'mcp',
        roots: roots.length === 0 ? ['.'] : roots,
        allowWrite: flags.allowWrite ?? false,
        allowChangeSets: flags.allowChangeSets ?? false,
        ...common(command),
      }),
    );
  withExamples(withCommonOptions(mcp), [
    ['idp-fix mcp', 'read-only, in the working folder'],
    ['idp-fix mcp infra --allow-write', 'agents may also apply and undo there'],
  ]);
  const lsp = program
    .command('lsp')
    .description('serve an editor over the Language Server Protocol: diagnostics, explanations, fixes')
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .option('--stdio', 'as editors give it; there is no other way')
    .action((flags: CommonFlags & { policy?: string }, command: Command) =>
      ask({ command: 'lsp', policy: flags.policy, ...common(command) }),
    );
  withExamples(withCommonOptions(lsp), [
    ['idp-fix lsp', 'as an editor starts it'],
    ['idp-fix lsp --policy regulated', 'with a policy for all its templates'],
  ]);
}

/**
 * Understands a command line. Nothing is read, run or printed.
 * @param words without the interpreter and the script
 * @param columns width of the help, in characters
 * @throws IdpFixError `usage`
 */
export function parseArguments(words: readonly string[], version: string, columns = 80): Request {
  const told: { request?: Request; text: string } = { text: '' };
  const program = buildProgram(version, (request) => {
    told.request = request;
  });
  for (const command of withAllBelow(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        told.text += text;
      },
      writeErr: () => {},
      getOutHelpWidth: () => columns,
    });
  }
  try {
    program.parse(words[0] === 'help' ? asFlag(words.slice(1), program) : words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'text', text: told.text };
    throw usageError(error, commandOf(words, program));
  }
  return told.request ?? { command: 'text', text: told.text };
}

/** `help policy init` is `policy init --help`. @throws IdpFixError `usage` */
function asFlag(path: readonly string[], program: Command): readonly string[] {
  let command = program;
  for (const name of path) {
    const names = command.commands.map((each) => each.name());
    const found = command.commands.find((each) => each.name() === name);
    if (found === undefined) {
      throw new IdpFixError('usage', `there is no command ${name}`, {
        hint: names.length === 0 ? `say idp-fix ${path[0]} --help` : suggestion(name, names),
      });
    }
    command = found;
  }
  return [...path, '--help'];
}

/** What `idp-fix` has to be followed by to reach the command that is meant. */
function commandOf(words: readonly string[], program: Command): string {
  const path = ['idp-fix'];
  let command = program;
  for (const word of words) {
    const found = command.commands.find((each) => each.name() === word);
    if (found === undefined) continue;
    path.push(word);
    command = found;
  }
  return path.join(' ');
}

const wrongChoice =
  /^(?:option '(?<flag>--[\w-]+)[^']*' argument|command-argument value) '(?<word>.*?)' is invalid.*\. Allowed choices are (?<choices>.*)$/;

const missingValue = /^option '(?<flag>--[\w-]+) (?<value><.*>)' argument missing$/;

/** Commander's message, with what it may have been meant as. */
function usageError(error: CommanderError, command: string): IdpFixError {
  const [what = '', suggested] = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split('\n');
  const { flag, word = '', choices } = wrongChoice.exec(what)?.groups ?? {};
  const near = choices === undefined ? undefined : closest(word, choices.split(', '));
  const meant = near ?? /^\(Did you mean (.*)\?\)$/.exec(suggested ?? '')?.[1];
  const named = flag === undefined ? word : `${flag} ${word}`;
  const isOne = choices !== undefined && !choices.includes(',');
  const offered = `${named}: ${isOne ? 'there is only' : 'there are'} ${choices}`;
  const missing = missingValue.exec(what)?.groups;
  const said = missing === undefined ? what : `${missing.flag} needs ${missing.value} behind it`;
  return new IdpFixError('usage', choices === undefined ? said : offered, {
    hint: meant === undefined ? `${command} --help shows what there is` : `did you mean ${meant}?`,
  });
}
