import type { Command } from 'commander';
import { IdpFixError } from '../errors.js';
import { closest } from '../policy/problems.js';

/** A command that only has commands below it: `idp-fix policy …`. */
export function addGroup(program: Command, name: string, description: string): Command {
  const group = program
    .command(name)
    .description(description)
    .helpCommand(false)
    .helpOption('-h, --help', 'print this help')
    .usage('<command> …');
  group.argument('[command]').action((word: string | undefined) => {
    const names = group.commands.map((command) => command.name());
    const near = word === undefined ? undefined : closest(word, names);
    throw new IdpFixError(
      'usage',
      word === undefined ? `${name} needs to know what to do` : `there is no command ${name} ${word}`,
      {
        hint:
          near === undefined
            ? `there are ${names.map((each) => `${name} ${each}`).join(', ')}`
            : `did you mean ${name} ${near}?`,
      },
    );
  });
  return group;
}
