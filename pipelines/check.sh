#!/usr/bin/env bash
# Plans the templates of a checked-out repository in a pipeline: leaves every report in a folder, marks lines on GitHub,
# and fails on findings that the target branch does not have. Run it in the root of the repository.
#
#   IDP_FIX            command of idp-fix, words separated by blanks (default: idp-fix)
#   IDP_FIX_TEMPLATES  templates or folders, one a line (default: .)
#   IDP_FIX_ARGUMENTS  further arguments, one a line: --policy=policy.yaml
#   IDP_FIX_BASELINE   baseline file of the repository; findings in it are known
#   IDP_FIX_BASE       commit of the target branch. Policy and baseline are read there, not from what is checked out, so
#                      that a pull request does not bring its own; without a baseline, what it has open is known
#   IDP_FIX_REPORTS    folder for the reports (default: idp-fix-reports)
set -euo pipefail

read -r -a idp_fix <<<"${IDP_FIX:-idp-fix}"
reports=${IDP_FIX_REPORTS:-idp-fix-reports}
templates=() arguments=()
while IFS= read -r line; do [ -z "$line" ] || templates+=("$line"); done <<<"${IDP_FIX_TEMPLATES:-.}"
while IFS= read -r line; do [ -z "$line" ] || arguments+=("$line"); done <<<"${IDP_FIX_ARGUMENTS:-}"

say() { printf 'idp-fix: %s\n' "$1" >&2; }

# On GitHub a line of the log can be a command to the runner, and reports quote what a pull request says.
if [ -n "${GITHUB_ACTIONS:-}" ]; then
  resume=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$resume"
fi

resume_commands() {
  [ -z "${resume:-}" ] || printf '::%s::\n' "$resume"
  resume=
}

scratch=$(mktemp -d)
tree=$scratch/tree
clean_up() {
  resume_commands
  [ ! -e "$tree" ] || git worktree remove --force "$tree"
  rm -rf "$scratch"
}
trap clean_up EXIT

# Whether the file is the pull request's own: it is here, and not in the target branch.
is_new() { [ -e "$1" ] && [ ! -e "$tree/$1" ]; }

# What the target branch has open becomes the file known.json there, which a baseline named by the same path here stands
# for, because a baseline names templates by their way from its own folder.
baseline_of_target() {
  local known=() template
  for template in "${templates[@]}"; do [ ! -e "$tree/$template" ] || known+=("$template"); done
  rm -rf "${tree:?}/$made"
  if [ ${#known[@]} -gt 0 ]; then
    # A target branch that cannot be planned knows nothing, and what is wrong with this one is said below.
    (cd "$tree" && "${idp_fix[@]}" "${known[@]}" ${arguments[@]+"${arguments[@]}"} --quiet --write-baseline "$made") ||
      say "$IDP_FIX_BASE could not be planned, so every finding counts as new"
  fi
  [ ! -e "$tree/$made" ] || baseline=$made
}

baseline=${IDP_FIX_BASELINE:-}
made=.idp-fix-base.json
trusted=()
if [ -n "${IDP_FIX_BASE:-}" ]; then
  git rev-parse --quiet --verify "$IDP_FIX_BASE^{commit}" >/dev/null || git fetch --quiet --depth=1 origin "$IDP_FIX_BASE"
  git worktree add --quiet --detach "$tree" "$IDP_FIX_BASE"
  trusted=("--trusted=$tree")
  kept=() previous=
  for argument in ${arguments[@]+"${arguments[@]}"}; do
    policy=
    case $argument in --policy=*) policy=${argument#--policy=} ;; *) [ "$previous" != --policy ] || policy=$argument ;; esac
    if [ -n "$policy" ] && is_new "$policy"; then
      say "the target branch does not have the policy $policy yet, so the preset production counts"
      case $argument in --policy=*) argument=--policy=production ;; *) argument=production ;; esac
    fi
    kept+=("$argument") previous=$argument
  done
  arguments=(${kept[@]+"${kept[@]}"})
  if [ -n "$baseline" ] && is_new "$baseline"; then
    say "the target branch does not have the baseline $baseline yet, so what it has open is known"
    baseline=
  fi
  [ -n "$baseline" ] || baseline_of_target
fi
[ -z "$baseline" ] || arguments+=("--baseline=$baseline")

# The reports are made outside the checkout, where no link of a pull request can lead them astray.
fresh=$scratch/reports
mkdir "$fresh"
status=0
report() {
  local code=0
  "${idp_fix[@]}" "${templates[@]}" ${arguments[@]+"${arguments[@]}"} ${trusted[@]+"${trusted[@]}"} --quiet "$@" || code=$?
  [ "$code" -le "$status" ] || status=$code
}

report --no-color --output "$fresh/plan.txt"
[ ! -e "$fresh/plan.txt" ] || cat "$fresh/plan.txt"
# What could not be planned has said so; more of the same would not help.
if [ "$status" -le 1 ]; then
  report --format json --output "$fresh/plan.json"
  report --format sarif --output "$fresh/idp-fix.sarif"
  report --format junit --output "$fresh/junit.xml"
  report --format gitlab --output "$fresh/gl-code-quality-report.json"
  # The first line is the same whatever templates there are, so that a later run finds the comment.
  {
    printf '<!-- idp-fix -->\n'
    report --format markdown
  } >"$fresh/comment.md"
  report --format html --output "$fresh/review.html"
  report --format diff --output "$fresh/idp-fix.diff"
fi

# In the checkout a link in the place of the folder, or on the way to it, is refused; what lies there under a report's
# name is removed.
place=$reports
case $place in "$PWD"/*) place=${place#"$PWD"/} ;; esac
while [ "${place#/}" = "$place" ] && [ "$place" != . ]; do
  if [ -L "$place" ]; then
    say "reports are not written through the symbolic link $place; remove it, or name another folder"
    exit 4
  fi
  place=$(dirname "$place")
done
mkdir -p "$reports"
for name in plan.txt plan.json idp-fix.sarif junit.xml gl-code-quality-report.json comment.md review.html idp-fix.diff; do
  rm -rf "${reports:?}/$name"
done
cp -R "$fresh/." "$reports/"

resume_commands
[ -z "${GITHUB_ACTIONS:-}" ] || [ "$status" -gt 1 ] || report --format github
exit "$status"
