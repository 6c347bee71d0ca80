import { describe, expect, it } from 'vitest';
import { type Item, isAnything, isWanted } from '../../../src/report/html/browser/filter.js';

const item: Item = {
  text: 'renderinvoicelogs keeps its logs 30 days',
  attribute: (name) => ({ status: 'written', remediation: 'one two' })[name] ?? '',
};
const by = (values: Readonly<Record<string, string>> = {}) => new Map(Object.entries(values));

describe('the filter of a review', () => {
  it('wants all words of a query, in any order and case', () => {
    expect(isWanted(item, { query: 'LOGS render', by: by() })).toBe(true);
    expect(isWanted(item, { query: 'logs missing', by: by() })).toBe(false);
  });

  it('wants every value that is chosen', () => {
    expect(isWanted(item, { query: '', by: by({ status: 'written', remediation: '' }) })).toBe(true);
    expect(isWanted(item, { query: '', by: by({ status: 'written', remediation: 'two' }) })).toBe(true);
    expect(isWanted(item, { query: '', by: by({ status: 'review' }) })).toBe(false);
    expect(isWanted(item, { query: '', by: by({ remediation: 'on' }) })).toBe(false);
  });

  it('knows when nothing is asked for', () => {
    expect(isAnything({ query: ' ', by: by({ status: '' }) })).toBe(true);
    expect(isAnything({ query: '', by: by({ status: 'review' }) })).toBe(false);
  });
});
