import { type Command, InvalidArgumentError } from 'commander';
import type { Remediation } from '../contract/remediation.js';
import { IdpFixError } from '../errors.js';
import { closest } from '../policy/problems.js';
import { wrap } from '../report/words.js';
import type { CommonOptions } from './request.js';

/** @throws IdpFixError `unknown-remediation` */
export function findRemediation(id: string, remediations: readonly Remediation[]): Remediation {
  const found = remediations.find((remediation) => remediation.id === id);
  if (found !== undefined) return found;
  const ids = remediations.map((remediation) => remediation.id);
  const near = closest(id, ids);
  throw new IdpFixError('unknown-remediation', `there is no remediation ${id}`, {
    hint: near === undefined ? `there are ${ids.join(', ')}` : `did you mean ${near}?`,
  });
}

export type CommonFlags = {
  code?: boolean;
  color?: boolean;
  quiet?: true;
  verbose?: true;
  yes?: true;
  plugin?: string[];
};

export function withCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Everywhere:')
    .option('--no-color', 'no color (NO_COLOR, FORCE_COLOR and TERM=dumb are respected too)')
    .option('--no-code', 'read templates only, not the code and the definitions beside them')
    .option('--quiet', 'no notes on the standard error')
    .option('--verbose', 'show everything, including stack traces')
    .option('--yes', 'never prompt; executing a change set then requires --confirm')
    .option(
      '--plugin <module>',
      'file or package with remediations of your own; its code is run; may be given several times',
      collect,
    )
    .helpOption('-h, --help', 'print this help');
}

/** These may stand before the command's name or behind it. */
export function common(command: Command): CommonOptions {
  const given: CommonFlags[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent)
    given.push(each.opts<CommonFlags>());
  return {
    plain: given.some(({ color }) => color === false),
    quiet: given.some(({ quiet }) => quiet),
    verbose: given.some(({ verbose }) => verbose),
    withoutCode: given.some(({ code }) => code === false),
    unasked: given.some(({ yes }) => yes),
    plugins: given.flatMap(({ plugin = [] }) => plugin),
  };
}

export function collect(word: string, earlier: string[] = []): string[] {
  return [...earlier, word];
}

export function collectIds(word: string, earlier: string[] | undefined): string[] {
  const ids = word.split(',').map((id) => id.trim());
  if (ids.includes('')) throw new InvalidArgumentError('ids are separated by single commas');
  return [...(earlier ?? []), ...ids];
}

/** What is typed, and what it is for. */
type Example = readonly [command: string, what: string];

/** Behind the help of a command. Every command has some, and a test tries whether they are understood. */
export function withExamples(command: Command, examples: readonly Example[], footer = ''): Command {
  const width = Math.max(...examples.map(([typed]) => typed.length));
  const lines = examples.flatMap(([typed, what]) =>
    wrap(what, 80 - width - 4).map((line, index) => `  ${(index === 0 ? typed : '').padEnd(width)}  ${line}`),
  );
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}\n${footer}`);
}

export const exitCodes = `
Exit codes:
  0    no open findings, or all that was asked is done
  1    findings remain, or something was not checked
  2    wrong usage, bad policy, unreadable or unparseable template
  3    refused for safety: something changed since it was read, a prerequisite
       failed, an edit is not possible, or no terminal to answer a question
  4    AWS or the disk failed
  70   a defect in idp-fix
  130  interrupted; nothing is half written
`;

/** A command, then those below it. */
export function withAllBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withAllBelow)];
}

/** The words behind `idp-fix` that lead to a command: none for the program itself. */
export function pathOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

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
