import type { Command } from 'commander';
import { type CommonFlags, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import type { Request } from './request.js';

type UndoFlags = CommonFlags & { allowOutside?: true };

/** `idp-fix undo [TEMPLATE]`. */
export function addUndo(program: Command, ask: (request: Request) => void): void {
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
