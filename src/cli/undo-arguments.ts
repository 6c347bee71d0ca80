import type { Command } from 'commander';
import { type CommonFlags, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import type { Request } from './request.js';

/** `idp-fix undo [TEMPLATE]`. */
export function addUndo(program: Command, ask: (request: Request) => void): void {
  const undo = program
    .command('undo')
    .description('take back the last --apply, as long as nothing has changed since')
    .argument('[template]', 'the root template or its folder', '.')
    .action((template: string, _: CommonFlags, command: Command) =>
      ask({ command: 'undo', template, ...common(command) }),
    );
  withExamples(withCommonOptions(undo), [
    ['idp-fix undo', 'in the folder of the root template'],
    ['idp-fix undo app/template.yaml', 'from anywhere'],
  ]);
}
