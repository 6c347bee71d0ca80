#!/usr/bin/env bash
# Plans the templates of a checked-out repository in a pipeline: leaves every report in a folder, marks lines on GitHub,
# and fails on findings that the target branch does not have. Run it in the root of the repository.
#
#   IDP_FIX            command of idp-fix, words separated by blanks (default: idp-fix)
#   IDP_FIX_TEMPLATES  templates or folders, one a line (default: .)
#   IDP_FIX_ARGUMENTS  further arguments, one a line: --policy=policy.yaml
#   IDP_FIX_BASELINE   baseline file of the repository; findings in it are known
#   IDP_FIX_BASE       commit to compare with when there is no baseline; nothing is known when it is empty
#   IDP_FIX_REPORTS    folder for the reports (default: idp-fix-reports)
set -euo pipefail

read -r -a idp_fix <<<"${IDP_FIX:-idp-fix}"
reports=${IDP_FIX_REPORTS:-idp-fix-reports}
templates=() arguments=()
while IFS= read -r line; do [ -z "$line" ] || templates+=("$line"); done <<<"${IDP_FIX_TEMPLATES:-.}"
while IFS= read -r line; do [ -z "$line" ] || arguments+=("$line"); done <<<"${IDP_FIX_ARGUMENTS:-}"

# What the other commit has open is known. The file lies in the root here as it did there, because a baseline names
# templates by their way from its own folder.
baseline_of() {
  local commit=$1 file=$2 base known=() template
  git rev-parse --quiet --verify "$commit^{commit}" >/dev/null || git fetch --quiet --depth=1 origin "$commit"
  base=$(mktemp -d)
  git worktree add --quiet --detach "$base/tree" "$commit"
  for template in "${templates[@]}"; do [ ! -e "$base/tree/$template" ] || known+=("$template"); done
  if [ ${#known[@]} -gt 0 ]; then
    # A target branch that cannot be planned knows nothing, and what is wrong with this one is said below.
    (cd "$base/tree" && "${idp_fix[@]}" "${known[@]}" ${arguments[@]+"${arguments[@]}"} --quiet --write-baseline "$file") ||
      echo "idp-fix: $commit could not be planned, so every finding counts as new" >&2
    [ ! -e "$base/tree/$file" ] || mv "$base/tree/$file" "$file"
  fi
  git worktree remove --force "$base/tree"
  rm -rf "$base"
}

mkdir -p "$reports"
baseline=${IDP_FIX_BASELINE:-}
if [ -z "$baseline" ] && [ -n "${IDP_FIX_BASE:-}" ]; then
  made=.idp-fix-base.json
  trap 'rm -f "$made"' EXIT
  baseline_of "$IDP_FIX_BASE" "$made"
  [ ! -e "$made" ] || baseline=$made
fi
[ -z "$baseline" ] || arguments+=("--baseline=$baseline")

status=0
report() {
  local code=0
  "${idp_fix[@]}" "${templates[@]}" ${arguments[@]+"${arguments[@]}"} --quiet "$@" || code=$?
  [ "$code" -le "$status" ] || status=$code
}

report --no-color --output "$reports/plan.txt"
[ ! -e "$reports/plan.txt" ] || cat "$reports/plan.txt"
# What could not be planned has said so; more of the same would not help.
if [ "$status" -le 1 ]; then
  report --format json --output "$reports/plan.json"
  report --format sarif --output "$reports/idp-fix.sarif"
  report --format junit --output "$reports/junit.xml"
  report --format gitlab --output "$reports/gl-code-quality-report.json"
  # The first line is the same whatever templates there are, so that a later run finds the comment.
  {
    printf '<!-- idp-fix -->\n'
    report --format markdown
  } >"$reports/comment.md"
  report --format html --output "$reports/review.html"
  report --format diff --output "$reports/idp-fix.diff"
  [ -z "${GITHUB_ACTIONS:-}" ] || report --format github
fi
exit "$status"
