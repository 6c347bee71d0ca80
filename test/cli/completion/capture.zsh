# Prints what zsh would offer for command lines: capture.zsh SCRIPT FOLDER LINE…
#
# A second zsh runs at a pseudo-terminal of its own, with its line editor and its completion as a user has them. What
# it offers goes through compadd, which is wrapped to print each match on a line of its own. Behind the matches for a
# line stands a line of dashes.
zmodload zsh/zpty
script=$1 folder=$2
shift 2

zpty session zsh -f -i
say() { zpty -w session "$1" }
say 'PROMPT= RPROMPT= ; stty -echo; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit && compinit -u -D'
say "source ${(q)script}; cd ${(q)folder}"
say 'zstyle ":completion:*" list-grouped false; zstyle ":completion:*" insert-tab false; bindkey "^U" kill-whole-line'
say 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then builtin compadd "$@"; return; fi
  local -a matches
  builtin compadd -A matches "$@"
  local match; for match in $matches; do print -r -- "offered<$IPREFIX$match>"; done
  builtin compadd "$@"
}'
say 'captured() { comppostfuncs=(finished); }; finished() { print -r -- "finished<>"; }; compprefuncs=(captured)'
# Each completion takes the functions off the list, so the widget puts them back.
say 'complete-and-tell() { compprefuncs=(captured); zle complete-word }; zle -N complete-and-tell; bindkey "^I" complete-and-tell'
say 'print -r -- "ready""<>"'
zpty -r -m session output '*ready<>*'
for line in "$@"; do
  zpty -w -n session $'\C-u'"$line"$'\t'
  zpty -r -m session output '*finished<>*'
  print -r -- "$output" | grep -o 'offered<[^>]*>' | sed 's/^offered<//; s/>$//' | sort -u
  print -r -- '----'
done
zpty -d session
