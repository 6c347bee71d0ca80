import type { Command } from 'commander';
import { type CommonFlags, collect, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import type { Request } from './request.js';

type WizardFlags = CommonFlags & { policy?: string; parameters?: string[]; allowOutside?: true };

const ownFlags: ReadonlySet<string> = new Set<keyof WizardFlags>([
  'code',
  'policy',
  'parameters',
  'allowOutside',
  'color',
  'quiet',
  'verbose',
  'yes',
  'plugin',
]);

/** `idp-fix wizard [TEMPLATE…]`. */
export function addWizard(program: Command, ask: (request: Request) => void): void {
  const wizard = program
    .command('wizard')
    .description(
      'asks what the policy leaves open, shows each change, and writes what you accept; the same as idp-fix alone',
    )
    .argument('[template...]', 'template files, or folders to search for templates (default: this folder)')
    .option('--policy <file|preset>', 'policy file that takes the answers, or preset to start from')
    .option('--parameters <file|k=v>', 'parameter values of the deployed stack', collect)
    .option('--allow-outside', "follow nested templates that lie outside the root template's folder")
    .action((words: string[], flags: WizardFlags, command: Command) =>
      ask({ ...wizardOptions(words, flags), isImplied: false, ...common(command) }),
    );
  withExamples(withCommonOptions(wizard), [
    ['idp-fix wizard', 'the templates of this folder and below'],
    ['idp-fix wizard template.yaml', 'one template, with all it nests'],
    ['idp-fix wizard --policy regulated', 'start from another preset'],
  ]);
}

/** An empty command line is the wizard's, as long as it has no flag that only a plan takes. */
export function impliedWizard(
  words: readonly string[],
  flags: WizardFlags,
  command: Command,
): Request | undefined {
  if (words.length > 0 || !Object.keys(flags).every((flag) => ownFlags.has(flag))) return undefined;
  return { ...wizardOptions(words, flags), isImplied: true, ...common(command) };
}

function wizardOptions(words: readonly string[], flags: WizardFlags) {
  return {
    command: 'wizard',
    templates: words,
    policy: flags.policy,
    parameters: flags.parameters ?? [],
    allowOutside: flags.allowOutside ?? false,
  } as const;
}
