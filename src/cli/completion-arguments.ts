import { Argument, type Command } from 'commander';
import { type CommonFlags, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import { type Request, type Shell, shells } from './request.js';

/** `idp-fix completion SHELL`. */
export function addCompletion(program: Command, ask: (request: Request) => void): void {
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
`,
  );
}
