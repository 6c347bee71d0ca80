import { describe, expect, it } from 'vitest';
import { terminalOf, terminalOutput } from '../../src/adapters/terminal.js';

it.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['NO_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['FORCE_COLOR on a pipe', false, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0 on a terminal', true, { FORCE_COLOR: '0' }, false],
])('decides on color for %s', (_, isTTY, environment, color) => {
  expect(terminalOf({ isTTY }, environment).color).toBe(color);
});

it.each([
  [undefined, {}, 80],
  [100, {}, 100],
  [300, {}, 120],
  [10, {}, 80],
  [undefined, { COLUMNS: '60' }, 60],
  [undefined, { COLUMNS: 'wide' }, 80],
])('takes %s columns and %j for %i', (columns, environment, expected) => {
  const stream = columns === undefined ? {} : { columns };
  expect(terminalOf(stream, environment).columns).toBe(expected);
});

describe('progress', () => {
  /** What a terminal is sent when something is planned after so many seconds, and data follows. */
  function sent(
    seconds: number,
    isTTY: boolean,
    environment: Readonly<Record<string, string>> = {},
    isEnded = false,
  ): string {
    let text = '';
    let now = 0;
    const stream = {
      isTTY,
      columns: 40,
      write: (part: string) => {
        text += part;
      },
    };
    const output = terminalOutput({ stdout: stream, stderr: stream }, environment, () => now);
    now = seconds * 1000;
    output.progress('planning 1 of 2: a.yaml');
    output.progress('planning 2 of 2: a/folder/with/a/long/name/b.yaml');
    if (isEnded) output.progress('');
    output.data('done');
    return text;
  }

  it('is one line that makes way, once somebody has waited a second', () => {
    const clear = '\r\u001b[K';
    expect(sent(1, true)).toBe(
      `planning 1 of 2: a.yaml${clear}planning 2 of 2: a/folder/with/a/long/n${clear}done`,
    );
    expect(sent(1, true, {}, true)).toBe(sent(1, true));
  });

  it.each([
    ['before a second has passed', 0.9, true, {}],
    ['where nobody looks', 5, false, {}],
    ['on a dumb terminal', 5, true, { TERM: 'dumb' }],
  ] as const)('is silent %s', (_, seconds, isTTY, environment) => {
    expect(sent(seconds, isTTY, environment)).toBe('done');
  });
});
