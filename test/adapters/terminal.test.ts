import { expect, it } from 'vitest';
import { terminalOf } from '../../src/adapters/terminal.js';

it.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['NO_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['FORCE_COLOR on a pipe', false, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0 on a terminal', true, { FORCE_COLOR: '0' }, false],
])('decides on colour for %s', (_, isTTY, environment, colour) => {
  expect(terminalOf({ isTTY }, environment).colour).toBe(colour);
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
