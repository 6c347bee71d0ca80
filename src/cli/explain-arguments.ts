import type { Command } from 'commander';
import { IdpFixError } from '../errors.js';
import { type CommonFlags, collect, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import type { Request } from './request.js';

type ExplainFlags = CommonFlags & {
  finding?: string;
  policy?: string;
  parameters?: string[];
  allowOutside?: true;
};

/** `idp-fix explain [ID] [TEMPLATE…]`. */
export function addExplain(program: Command, ask: (request: Request) => void): void {
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
    .option('--allow-outside', "follow nested templates that lie outside the root template's folder")
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
