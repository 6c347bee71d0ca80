import type { Command } from 'commander';
import { type CommonFlags, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import type { Request } from './request.js';

/** `idp-fix explain ID`. */
export function addExplain(program: Command, ask: (request: Request) => void): void {
  const explain = program
    .command('explain')
    .description('what a remediation asks for, why, and where it is written down')
    .argument('<id>', 'id of the remediation')
    .action((id: string, _: CommonFlags, command: Command) =>
      ask({ command: 'explain', id, ...common(command) }),
    );
  withExamples(withCommonOptions(explain), [
    ['idp-fix explain ID', 'what it looks at, and what the policy sets'],
  ]);
}
