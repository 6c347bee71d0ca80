import type { Candidates, CompletedArgument, CompletedCommand, CompletedOption } from './model.js';

/** A script for zsh: a file `_idp-fix` in a folder of `fpath`, or to be sourced. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef idp-fix
# zsh completion for idp-fix; written by: idp-fix completion zsh
_idp_fix_words_or_files() {
  _alternative "words:word:($*)" 'files:file:_files'
}

${commands.map((command) => functionOf(command, commands)).join('\n\n')}

if [[ $funcstack[1] == _idp-fix ]]; then
  _idp_fix "$@"
else
  compdef _idp_fix idp-fix
fi
`;
}

function functionOf(command: CompletedCommand, all: readonly CompletedCommand[]): string {
  const name = nameOf(command.path);
  const options = command.options.map(optionSpec);
  if (command.commands.length === 0) {
    return `${name}() {\n${argumentsCall([...options, ...command.arguments.map(argumentSpec)], '  ')}\n}`;
  }
  const listed = command.commands.map((each) =>
    quote(`${each.name.replaceAll(':', '\\:')}:${each.description}`),
  );
  const cases = all
    .filter(
      ({ path }) =>
        path.length === command.path.length + 1 && path.join(' ').startsWith(command.path.join(' ')),
    )
    .map(({ path }) => `      ${path.at(-1)}) ${nameOf(path)} && ret=0 ;;`);
  const otherwise =
    command.arguments.length === 0
      ? []
      : [
          '      *)',
          `${argumentsCall([...options, ...command.arguments.map(argumentSpec)], '        ')} && ret=0 ;;`,
        ];
  return `${name}_first() {
  local -a commands=(
    ${listed.join('\n    ')}
  )
  _describe -t commands command commands${command.arguments.length === 0 ? '' : '\n  _files'}
}

${name}() {
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
${argumentsCall([...options, `'1: :${name}_first'`, `'(-)*:: :->rest'`], '  ', `-C -A '-*' `)} && ret=0
  if [[ $state == rest ]]; then
    case $words[1] in
${[...cases, ...otherwise].join('\n')}
    esac
  fi
  return ret
}`;
}

function nameOf(path: readonly string[]): string {
  return ['_idp_fix', ...path.map((name) => name.replaceAll('-', '_'))].join('_');
}

function argumentsCall(specs: readonly string[], indent: string, flags = ''): string {
  return [`${indent}_arguments ${flags}-s -S`, ...specs.map((spec) => `${indent}  ${spec}`)].join(' \\\n');
}

function optionSpec({ flags, description, value, placeholder, repeats }: CompletedOption): string {
  const others = repeats ? '*' : flags.length > 1 ? `(${flags.join(' ')})` : '';
  const said = `[${escaped(description)}]`;
  const shown = value === undefined ? '' : `:${escaped(placeholder)}:${action(value)}`;
  const specs = flags.map((flag) =>
    quote(`${others}${flag}${value === undefined ? '' : '='}${said}${shown}`),
  );
  return specs.join(' ');
}

function argumentSpec({ name, candidates, isVariadic }: CompletedArgument): string {
  return quote(`${isVariadic ? '*' : ''}:${escaped(name)}:${action(candidates)}`);
}

function action({ words, paths, isList }: Candidates): string {
  if (isList) return `_sequence compadd - ${words.join(' ')}`;
  if (words.length > 0 && paths === 'files') return ` _idp_fix_words_or_files ${words.join(' ')}`;
  if (words.length > 0) return `(${words.join(' ')})`;
  if (paths === 'none') return ' ';
  return paths === 'files' ? '_files' : '_files -/';
}

/** Brackets and colons part the pieces of a specification. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]:]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
