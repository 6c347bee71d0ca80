const meanings: Readonly<Record<number, string>> = {
  0: 'nothing is left to do, or all that was asked is done',
  1: 'findings remain, or something was not checked',
  2: 'wrong usage, bad policy, unreadable or unparseable template',
  3: 'refused for safety',
  4: 'AWS or the disk failed',
  70: 'a defect in idp-fix',
  130: 'interrupted; nothing is half written',
};

/** The page of exit codes, with the error codes that lead to each, in Markdown. */
export function exitCodePage(errorCodes: Readonly<Record<string, number>>): string {
  const rows = Object.entries(meanings).map(([exitCode, meaning]) => {
    const codes = Object.keys(errorCodes).filter((code) => errorCodes[code] === Number(exitCode));
    return `| ${exitCode} | ${meaning} | ${codes.map((code) => `\`${code}\``).join(', ')} |`;
  });
  return [
    '# Exit codes',
    '',
    "<!-- Written by npm run generate from src/errors.ts; don't edit. -->",
    '',
    'Error codes are what `--format json` gives as `code`.',
    '',
    '| exit code | meaning | error codes |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
