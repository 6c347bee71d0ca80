import type { Candidates, CompletedCommand, CompletedOption } from './model.js';

/** A script for fish: a file `idp-fix.fish` in its folder `completions`. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const below = commands.filter(({ path }) => path.length > 0);
  return `# fish completion for idp-fix; written by: idp-fix completion fish

# The command that the words before the cursor lead to, and then how many arguments it has got;
# none where the value of a flag is due.
function __idp_fix_words
    set -l command
    set -l arguments 0
    set -l is_value 0
    for word in (commandline -opc)[2..]
        if test $is_value = 1
            set is_value 0
        else if string match -q -- '-*' $word
            contains -- "$command:$word" ${takingValues(commands)}
            and set is_value 1
        else if test $arguments = 0; and contains -- (string trim "$command $word") ${below.map(({ path }) => quote(path.join(' '))).join(' ')}
            set command (string trim "$command $word")
        else
            set arguments (math $arguments + 1)
        end
    end
    echo $command
    test $is_value = 1; or echo $arguments
end

function __idp_fix_at
    set -l words (__idp_fix_words)
    test "$words[1]" = "$argv"
end

# Is an argument due: the one at this position, or any where none is named?
function __idp_fix_argument
    set -l words (__idp_fix_words)
    set -q words[2]; and contains -- "$argv" '' $words[2]
end

# Words parted by commas: what stands before the last comma stays.
function __idp_fix_list
    set -l before (string replace -r '^--[a-z-]+=' '' -- (commandline -ct) | string match -r '^.*,')
    printf '%s\\n' "$before"$argv
end

complete -c idp-fix -f
${commands.map(linesOf).join('\n')}
`;
}

/** `command:--flag` of all flags that are followed by a value. */
function takingValues(commands: readonly CompletedCommand[]): string {
  return commands
    .flatMap(({ path, options }) =>
      options
        .filter(({ value }) => value !== undefined)
        .flatMap(({ flags }) => flags.map((flag) => quote(`${path.join(' ')}:${flag}`))),
    )
    .join(' ');
}

function linesOf(command: CompletedCommand): string {
  const at = `__idp_fix_at ${command.path.join(' ')}`.trimEnd();
  const named = command.commands.map(
    ({ name, description }) =>
      `complete -c idp-fix -n ${quote(`${at}; and __idp_fix_argument 0`)} -a ${name} -d ${quote(description)}`,
  );
  const given = command.arguments.map(({ candidates, isVariadic }, index) => {
    const earlier = command.arguments
      .slice(0, index)
      .map((_, each) => `; and not __idp_fix_argument ${each}`);
    const place = isVariadic
      ? `${at}; and __idp_fix_argument${earlier.join('')}`
      : `${at}; and __idp_fix_argument ${index}`;
    return `complete -c idp-fix -n ${quote(place)}${offer(candidates)}`;
  });
  const flags = command.options.map((option) => `complete -c idp-fix -n ${quote(at)}${flagOf(option)}`);
  return [...named, ...given, ...flags].join('\n');
}

function flagOf({ flags, description, value }: CompletedOption): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
  );
  const required = value === undefined ? '' : ` -r${value.paths === 'files' ? '' : ' -f'}${offer(value)}`;
  return `${names.join('')}${required} -d ${quote(description)}`;
}

function offer({ words, paths, isList }: Candidates): string {
  const listed = isList ? `(__idp_fix_list ${words.join(' ')})` : words.join(' ');
  const offered = words.length === 0 ? '' : ` -a ${quote(listed)}`;
  if (paths === 'folders') return ` -a '(__fish_complete_directories)'`;
  return paths === 'files' ? ` -F${offered}` : offered;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
