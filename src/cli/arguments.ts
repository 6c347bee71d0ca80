import { type Command, CommanderError } from 'commander';
import { IdpFixError } from '../errors.js';
import { closest, suggestion } from '../policy/problems.js';
import { withAllBelow } from './common-options.js';
import { buildProgram } from './program.js';
import type { Request } from './request.js';

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
