import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatAddress, parseAddress } from '../../../src/report/html/browser/filter.js';
import {
  decisionsJson,
  decisionsMarkdown,
  decisionsPolicy,
  formatMarks,
  noMark,
  parseMarks,
  type Reviewed,
  statesOf,
} from '../../../src/report/html/browser/marks.js';

/** Whole characters, those that mean something to a URL, YAML or Markdown often. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  fc.constantFrom(...'#&=?%+ \t\n\r"\'`|*_[](){}<>!:-~@\\\u0000\u001b\u0085\u2028\u202e'),
);

describe('the address of a review', () => {
  it('says where a reader is and what they look for', () => {
    expect(parseAddress('#finding-1?status=review&q=two+words')).toEqual({
      target: 'finding-1',
      wanted: new Map([
        ['status', 'review'],
        ['q', 'two words'],
      ]),
      isPlain: false,
    });
    expect(parseAddress('#stacks')).toEqual({ target: 'stacks', wanted: new Map(), isPlain: true });
    expect(parseAddress('#%')).toEqual({ target: '%', wanted: new Map(), isPlain: true });
    expect(formatAddress({ target: '', wanted: new Map([['q', '']]) })).toBe('');
  });

  it('reads what it has written, whatever is looked for', () => {
    const word = fc.string({ unit: hostile });
    fc.assert(
      fc.property(word, word, (target, query) => {
        const wanted = new Map(query === '' ? [] : [['q', query]]);
        const { target: same, wanted: read } = parseAddress(formatAddress({ target, wanted }));
        expect([same, read]).toEqual([target, wanted]);
      }),
    );
  });
});

describe('the marks of a review', () => {
  const text = fc.string({ unit: hostile });
  const reviewed: fc.Arbitrary<Reviewed> = fc.record({
    fingerprint: fc.constant('0123456789abcdef'),
    remediation: text,
    root: text,
    template: text,
    logicalId: text,
    viewed: fc.boolean(),
    decision: fc.constantFrom('', 'approved', 'rejected', 'discuss'),
    note: text,
  });
  const review = { title: 'app', identity: 'abc', policy: 'preset production' };

  it('are read as they were kept, and what is none of them is left out', () => {
    const mark = { viewed: true, decision: 'rejected', note: 'too early' } as const;
    expect(
      parseMarks(
        formatMarks(
          new Map([
            ['a', mark],
            ['b', noMark],
          ]),
        ),
      ),
    ).toEqual(new Map([['a', mark]]));
    for (const damaged of [null, '', 'x', '[]', '{"a":1}', 'null']) expect(parseMarks(damaged).size).toBe(0);
    expect(parseMarks('{"a":{"viewed":1,"decision":"maybe","note":2}}')).toEqual(new Map([['a', noMark]]));
    expect(statesOf(mark)).toBe('viewed rejected');
    expect(statesOf(noMark)).toBe('not-viewed undecided');
  });

  it('become a policy that leaves what was rejected or is to be discussed', () => {
    fc.assert(
      fc.property(fc.array(reviewed), (findings) => {
        const left = findings.filter(({ decision }) => decision === 'rejected' || decision === 'discuss');
        expect(parse(decisionsPolicy(review, findings))).toEqual({
          extends: 'production',
          postponed: left.map(({ remediation, template, logicalId }) => ({
            remediation,
            template,
            logicalId,
          })),
        });
      }),
    );
    expect(parse(decisionsPolicy({ ...review, policy: '../team/own.policy.yaml' }, []))).toEqual({
      extends: './own.policy.yaml',
      postponed: [],
    });
  });

  it('become Markdown in which no text is markup', () => {
    fc.assert(
      fc.property(fc.array(reviewed, { maxLength: 3 }), text, (findings, title) => {
        const shown = micromark(decisionsMarkdown({ ...review, title }, findings), {
          extensions: [gfm()],
          htmlExtensions: [gfmHtml()],
        });
        const tags = [...shown.matchAll(/<(\/?[a-z0-9]+)/g)].map(([, name = '']) => name.replace('/', ''));
        const known = ['h1', 'h2', 'p', 'ul', 'li', 'code'];
        expect(tags.filter((tag) => !known.includes(tag))).toEqual([]);
      }),
    );
    const finding = {
      ...noMark,
      fingerprint: '1',
      remediation: 'r',
      root: 't',
      template: 't',
      logicalId: 'Queue',
    };
    expect(
      decisionsMarkdown(review, [
        { ...finding, decision: 'approved' },
        { ...finding, decision: 'rejected', note: 'not *now*' },
      ]).split('\n'),
    ).toEqual([
      '# app',
      '',
      'Review `abc`, policy `preset production`; 0 findings viewed.',
      '',
      '## Rejected (1)',
      '',
      '- `Queue` (`r`, `t`): not \\*now\\*',
      '',
      '## Approved (1)',
      '',
      '- `Queue` (`r`, `t`)',
      '',
    ]);
  });

  it('are taken along whole as JSON', () => {
    const finding = {
      ...noMark,
      fingerprint: '1',
      remediation: 'r',
      root: 't',
      template: 't',
      logicalId: 'Q',
    };
    expect(JSON.parse(decisionsJson(review, [finding]))).toEqual({
      format: 'idp-fix/decisions',
      version: 1,
      ...review,
      findings: [finding],
    });
  });
});
