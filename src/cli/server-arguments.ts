import type { Command } from 'commander';
import { type CommonFlags, common, withCommonOptions, withExamples } from './common-options.js';
import type { Request } from './request.js';

type McpFlags = CommonFlags & { allowWrite?: true; allowChangeSets?: true };

/** Commands that another program starts and talks to: `idp-fix mcp [ROOT…]`, `idp-fix lsp`. */
export function addServers(program: Command, ask: (request: Request) => void): void {
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
