import type { Argument, Command, Option } from 'commander';
import { pathOf, withAllBelow } from '../common-options.js';

/** What a shell can offer for a word. */
export interface Candidates {
  readonly words: readonly string[];
  readonly paths: 'none' | 'files' | 'folders';
  /** Several words, parted by commas. */
  readonly isList: boolean;
}

export interface CompletedOption {
  /** `-h`, `--help` */
  readonly flags: readonly string[];
  readonly description: string;
  /** What its value may be; `undefined` for a flag that takes none. */
  readonly value: Candidates | undefined;
  readonly placeholder: string;
  /** It may be given several times. */
  readonly repeats: boolean;
}

export interface CompletedArgument {
  readonly name: string;
  readonly candidates: Candidates;
  readonly isVariadic: boolean;
}

export interface CompletedCommand {
  /** Words behind `idp-fix`: none for the program itself. */
  readonly path: readonly string[];
  readonly options: readonly CompletedOption[];
  readonly arguments: readonly CompletedArgument[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
}

/** What commander does not know. */
export interface CompletedNames {
  readonly ids: readonly string[];
  readonly presets: readonly string[];
}

/** Everything that can be completed, the program first, each command before those below it. */
export function describeCommands(program: Command, names: CompletedNames): readonly CompletedCommand[] {
  return withAllBelow(program).map((command) => {
    const help = command.createHelp();
    const hasCommands = command.parent !== null && command.commands.length > 0;
    return {
      path: pathOf(command),
      options: help.visibleOptions(command).map((option) => optionOf(option, names)),
      // A group takes the name of a command, and nothing else.
      arguments: hasCommands ? [] : command.registeredArguments.map((each) => argumentOf(each, names)),
      commands: help
        .visibleCommands(command)
        .map((each) => ({ name: each.name(), description: each.description() })),
    };
  });
}

function optionOf(option: Option, names: CompletedNames): CompletedOption {
  const placeholder = /[<[](?<name>[^>\]]+)/.exec(option.flags)?.groups?.name ?? '';
  const takesValue = option.required || option.optional;
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    value: takesValue ? candidatesOf(`<${placeholder}>`, option.argChoices, names) : undefined,
    placeholder,
    repeats: option.parseArg !== undefined && option.argChoices === undefined,
  };
}

function argumentOf(argument: Argument, names: CompletedNames): CompletedArgument {
  const name = argument.name();
  return {
    name,
    candidates: candidatesOf(name, argument.argChoices, names),
    isVariadic: argument.variadic,
  };
}

/** By the choices, or by how the value is called: `<file>` of a flag, `template` of an argument. */
function candidatesOf(
  name: string,
  choices: readonly string[] | undefined,
  { ids, presets }: CompletedNames,
): Candidates {
  if (choices !== undefined) return { words: choices, paths: 'none', isList: false };
  switch (name) {
    case '<ids>':
      return { words: ids, paths: 'none', isList: true };
    case 'id':
      return { words: ids, paths: 'none', isList: false };
    case '<preset>':
      return { words: presets, paths: 'none', isList: false };
    case '<file|preset>':
    case 'policy':
      return { words: presets, paths: 'files', isList: false };
    case '<file>':
    case '<file|k=v>':
    case '<module>':
    case '<template>':
    case 'template':
      return { words: [], paths: 'files', isList: false };
    case '<dir>':
    case 'root':
      return { words: [], paths: 'folders', isList: false };
    default:
      return { words: [], paths: 'none', isList: false };
  }
}
