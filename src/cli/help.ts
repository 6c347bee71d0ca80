import type { Command } from 'commander';
import { wrap } from '../report/words.js';

/** What is typed, and what it is for. */
export type Example = readonly [command: string, what: string];

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
  0    nothing is left to do, or all that was asked is done
  1    findings remain, or something was not checked
  2    wrong usage, bad policy, unreadable or unparseable template
  3    refused for safety: something changed since it was read, a prerequisite
       failed, an edit is not possible, or nobody is there to answer a question
  4    AWS or the disk failed
  70   a defect in idp-fix
  130  interrupted; nothing is half written
`;
