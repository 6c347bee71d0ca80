import { expect, it } from 'vitest';
import { closest } from '../../src/policy/problems.js';

it.each([
  ['log-retentoin', 'log-retention'],
  ['LOG-RETENTION', 'log-retention'],
  ['retention', 'log-retention'],
  ['multi-az', undefined],
  ['log-retention', 'log-retention'],
  ['lgo-encryption', 'log-encryption'],
])('takes %s for %s', (word, expected) => {
  expect(closest(word, ['log-encryption', 'log-retention'])).toBe(expected);
});
