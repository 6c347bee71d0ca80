import { describe, expect, it } from 'vitest';
import {
  approvalMessage,
  exitCodeOf,
  markdownChangeSets,
  type Outcome,
} from '../../src/changeset/outcomes.js';
import type { ChangeSetRecord, ReviewedChange } from '../../src/changeset/record.js';

const change = (logicalId: string, more: Partial<ReviewedChange> = {}): ReviewedChange => ({
  stack: '',
  logicalId,
  type: 'AWS::SQS::Queue',
  physicalId: null,
  action: 'Modify',
  replacement: 'wont',
  because: [],
  properties: [],
  remediations: ['resource-tags'],
  surprise: null,
  loses: false,
  ...more,
});

const record = (stack: string, changes: readonly ReviewedChange[]) =>
  ({
    name: 'idp-fix-1',
    stack: { name: stack, id: stack, updatedAt: '', isNew: false },
    account: '111122223333',
    region: 'eu-west-1',
    values: {},
    parameters: {},
    warnings: [],
    allowed: [],
    changes: [...changes],
  }) as unknown as ChangeSetRecord;

const created = (stack: string, changes: readonly ReviewedChange[]): Outcome => ({
  stack,
  region: 'eu-west-1',
  outcome: 'created',
  record: record(stack, changes),
  recordedIn: '.idp-fix/idp-fix-1.json',
  where: `--stack ${stack}`,
});
const failed: Outcome = {
  stack: 'broken',
  region: undefined,
  outcome: 'failed',
  error: { code: 'stack-not-ready', exitCode: 3, message: 'there is no stack broken', hint: 'name it' },
};
const nothing: Outcome = { stack: 'calm', region: 'eu-west-1', outcome: 'nothing', because: 'no changes' };

describe('the message of an approval step', () => {
  it('says first what needs a look', () => {
    const lossy = created('app', [change('Q', { loses: true, replacement: 'will' }), change('R')]);
    expect(approvalMessage([nothing, lossy, failed])).toBe(
      'idp-fix, 3 stacks: 1 change set created, 1 with nothing to do and 1 failed. broken failed: there is no stack broken. app (eu-west-1) created: idp-fix-1: 2 changes, 1 may lose data and blocked, 1 replaced. calm (eu-west-1) nothing to do: no changes.',
    );
  });

  it('has at most 1,000 characters, says how many stacks are left out, and steers no terminal', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      created(`app-${index}\u001b[2J`, [change('Q', { surprise: 'x' })]),
    );
    const message = approvalMessage(many);
    expect(message.length).toBeLessThanOrEqual(1000);
    expect(message).toMatch(/ And \d\d more stacks\.$/);
    expect(message).not.toContain('\u001b');
  });
});

describe('the summary of a job', () => {
  it('has every stack, then the changes that need a look before the others, then the commands', () => {
    const text = markdownChangeSets([
      created('app', [change('Calm'), change('Odd', { surprise: 'drift | <b>' })]),
      nothing,
      failed,
    ]);
    expect(text).toContain(
      '| app | eu-west-1 | 111122223333 | created: idp-fix-1: 2 changes, 1 not, or not wholly, asked for by a patch |',
    );
    expect(text).toContain('| broken |  |  | failed: there is no stack broken; name it |');
    expect(text.indexOf('`Odd`')).toBeLessThan(text.indexOf('`Calm`'));
    expect(text).toContain('**not asked for**: drift');
    expect(text).not.toContain('<b>');
    expect(text).toContain('- `idp-fix change-set execute idp-fix-1 --stack app`');
  });

  it('stays short enough for a comment, and names what is left out', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      created(
        `app-${index}`,
        Array.from({ length: 100 }, (_, at) => change(`Resource${at}`)),
      ),
    );
    const text = markdownChangeSets(many);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('Left out for length');
  });
});

it('ends in the worst exit code of all', () => {
  expect(exitCodeOf([nothing, created('a', [change('Q')])])).toBe(0);
  expect(exitCodeOf([nothing, created('a', [change('Q', { loses: true })])])).toBe(3);
  expect(exitCodeOf([failed, nothing])).toBe(3);
  expect(exitCodeOf([])).toBe(0);
});
