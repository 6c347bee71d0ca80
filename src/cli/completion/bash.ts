import type { Candidates, CompletedCommand } from './model.js';

/** A script for bash 3.2 and later, without the package bash-completion. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# bash completion for idp-fix; written by: idp-fix completion bash
_idp_fix_words() {
  local word
  for word in $1; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done
}

_idp_fix_list() {
  local word before=\${cur%"\${cur##*,}"}
  for word in $1; do
    [[ $word == "\${cur##*,}"* && ",$before" != *",$word,"* ]] && COMPREPLY+=("$before$word")
  done
  compopt -o nospace 2>/dev/null
}

_idp_fix_paths() {
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
}

_idp_fix() {
  local cur=\${COMP_WORDS[COMP_CWORD]} flag='' command='' position=0 i word takes flags
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $command in
${cases(commands, ({ options }) => `takes='${flagsOf(options.filter(({ value }) => value !== undefined))}'`)}
    esac
    if [[ $word == = ]]; then
      continue
    elif [[ $word == -* ]]; then
      # The value of a flag is no argument. Bash makes three words of --flag=value.
      if [[ " $takes " == *" $word "* ]]; then
        [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
        ((i++))
        ((i >= COMP_CWORD)) && flag=$word
      fi
      continue
    fi
    ((position > 0)) || case "$command $word" in
      ${patterns(commands.filter(({ path }) => path.length > 0))}) command="$command $word" && continue ;;
    esac
    ((position++))
  done
  [[ $cur == = ]] && cur=''
  if [[ -n $flag ]]; then
    case "$command $flag" in
${valueCases(commands)}
    esac
  elif [[ $cur == -* ]]; then
    case $command in
${cases(commands, ({ options }) => `flags='${flagsOf(options)}'`)}
    esac
    _idp_fix_words "$flags"
  else
    case "$command:$position" in
${argumentCases(commands)}
    esac
  fi
}

complete -F _idp_fix idp-fix
`;
}

/** How the script knows a command: its words, each with a blank before it. */
function keyOf({ path }: CompletedCommand): string {
  return path.map((name) => ` ${name}`).join('');
}

function patterns(commands: readonly CompletedCommand[]): string {
  return commands.map((command) => `'${keyOf(command)}'`).join(' | ');
}

function cases(commands: readonly CompletedCommand[], line: (command: CompletedCommand) => string): string {
  return commands.map((command) => `      '${keyOf(command)}') ${line(command)} ;;`).join('\n');
}

function flagsOf(options: CompletedCommand['options']): string {
  return options.flatMap(({ flags }) => flags).join(' ');
}

function valueCases(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) =>
    command.options.flatMap(({ flags, value }) => {
      const offers = value === undefined ? '' : offer(value);
      return offers === '' ? [] : flags.map((flag) => `      '${keyOf(command)} ${flag}') ${offers} ;;`);
    }),
  );
  return lines.join('\n');
}

/** By position, counted from zero; the name of a command can only come first. */
function argumentCases(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => {
    const names = command.commands.map(({ name }) => name).join(' ');
    const [first, ...others] = command.arguments;
    const places = [
      {
        at: "0'",
        offers: [names && `_idp_fix_words '${names}'`, first && offer(first.candidates)]
          .filter(Boolean)
          .join('; '),
      },
      ...others.map(({ candidates }, index) => ({ at: `${index + 1}'`, offers: offer(candidates) })),
      ...command.arguments
        .filter(({ isVariadic }) => isVariadic)
        .map(({ candidates }) => ({ at: "'*", offers: offer(candidates) })),
    ];
    return places
      .filter(({ offers }) => offers !== '')
      .map(({ at, offers }) => `      '${keyOf(command)}:${at}) ${offers} ;;`);
  });
  return lines.join('\n');
}

function offer({ words, paths, isList }: Candidates): string {
  const parts: string[] = [];
  if (words.length > 0) parts.push(`${isList ? '_idp_fix_list' : '_idp_fix_words'} '${words.join(' ')}'`);
  if (paths !== 'none') parts.push(`_idp_fix_paths ${paths === 'files' ? '-f' : '-d'}`);
  return parts.join('; ');
}
