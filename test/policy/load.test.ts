import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { IdpFixError } from '../../src/errors.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Policy } from '../../src/policy/policy.js';
import { memoryFiles } from '../memory-files.js';
import { presetFiles } from '../whole-runs/presets.js';

const product = { remediations, policiesFolder: 'policies' };

async function load(text: string, others: Readonly<Record<string, string>> = {}): Promise<Policy> {
  const files = memoryFiles({ ...presetFiles, ...others, 'p.yaml': text });
  return loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
}

/** `line: message | hint` */
async function refusal(text: string, others: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    await load(text, others);
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code !== 'policy-invalid') throw error;
    const { place, hint } = error.details;
    return `${place?.file}:${place?.line}: ${error.message} | ${hint}`;
  }
  throw new Error('the policy was taken');
}

const retention = (application: string) =>
  `remediations:\n  log-retention:\n    ranges:\n      application: ${application}\n`;

describe('a policy that is wrong', () => {
  test.each([
    [
      'a misspelt key',
      'remediations:\n  log-retention:\n    ranges:\n      aplication: {}\n',
      /^p\.yaml:4: aplication is not a key of remediations\.log-retention\.ranges \| did you mean application\?$/,
    ],
    [
      'a misspelt remediation',
      'remediations:\n  log-retentoin: {}\n',
      /^p\.yaml:2: .* \| did you mean log-retention\?$/,
    ],
    [
      'a key of nothing',
      'color: red\n',
      /^p\.yaml:1: color is not a key of a policy \| there are extends, name, /,
    ],
    [
      'a text for a number',
      retention("{minimumDays: '1 year', maximumDays: 9}"),
      /^p\.yaml:4: .* is '1 year', not a number \| \w+: .*in days/,
    ],
    [
      'a number too large',
      retention('{minimumDays: 1, maximumDays: 9999}'),
      /^p\.yaml:4: .* is 9999, and the most is 3653 \|/,
    ],
    [
      'a range upside down',
      retention('{minimumDays: 400, maximumDays: 365}'),
      /^p\.yaml:4: \S+: minimumDays must not be above maximumDays \|/,
    ],
    ['a fraction', 'account:\n  concurrencyLimit: 10.5\n', /^p\.yaml:2: .* is 10\.5, not a whole number \|/],
    [
      'a word that is none of those',
      'suppressions: ignore\n',
      /^p\.yaml:1: .* is 'ignore', not one of override, honour, report \|/,
    ],
    [
      'a switch in words',
      'remediations:\n  log-retention: off\n',
      /^p\.yaml:2: .* is 'off'.* \| true and false switch it on and off$/,
    ],
    ['a list', '- a\n', /^p\.yaml:1: the policy is a list, not a map of keys and values/],
    ['a text', 'hello\n', /^p\.yaml:1: the policy is 'hello', not a map/],
    [
      'a key twice',
      'suppressions: report\nsuppressions: honour\n',
      /^p\.yaml:2: the key suppressions is twice/,
    ],
    [
      'no such preset',
      'extends: prodution\n',
      /^p\.yaml:1: there is no policy prodution \| .*did you mean production\?$/,
    ],
    ['itself', 'extends: ./p.yaml\n', /^p\.yaml:1: p\.yaml extends itself in the end/],
    [
      'a deviation without an owner and a last day',
      'deviations:\n  - remediation: log-retention\n    reason: r\n    date: 2026-01-01\n',
      /^p\.yaml:2: deviations\[0\]\.owner is missing \|[\s\S]*deviations\[0\]\.expires is missing/,
    ],
    [
      'a deviation from nothing',
      "deviations:\n  - {remediation: log-retentoin, logicalId: X, reason: r, owner: o, date: '2026-01-01', expires: '2026-02-01'}\n",
      /^p\.yaml:2: there is no remediation log-retentoin \| did you mean log-retention\?$/,
    ],
    [
      'a day that is none',
      "deviations:\n  - {remediation: log-retention, logicalId: X, reason: r, owner: o, date: soon, expires: '2026-02-01'}\n",
      /^p\.yaml:2: deviations\[0\]\.date is 'soon': a day is written YYYY-MM-DD/,
    ],
    [
      'an exception that lasts longer than the policy allows',
      "exceptions: {maximumDays: 30}\ndeviations:\n- {remediation: log-retention, reason: r, owner: o, date: '2026-01-01', expires: '2026-02-01'}\n",
      /^p\.yaml:3: the exception lasts 31 days, and exceptions\.maximumDays allows 30 \|/,
    ],
  ])('says where, what and what would be right: %s', async (_, text, message) => {
    expect(await refusal(text)).toMatch(message);
  });

  test('names the file the mistake is in, however far down', async () => {
    const base = { 'base.yaml': '# ours\nsupressions: report\n', 'middle.yaml': 'extends: ./base.yaml\n' };
    expect(await refusal('extends: ./middle.yaml\n', base)).toMatch(/^base\.yaml:2: supressions/);
  });

  test('says all that is wrong with it at once', async () => {
    expect(await refusal('color: red\nsize: 1\nsuppressions: x\n')).toMatch(
      /color[\s\S]*p\.yaml:2:1: size[\s\S]*p\.yaml:3:1: suppressions/,
    );
  });
});

describe('a policy that builds on another', () => {
  test('says what differs, and keeps the rest', async () => {
    const policy = await load(retention('{minimumDays: 400, maximumDays: 3653}'));
    expect(policy.target('log-retention')).toMatchObject({
      ranges: {
        application: { minimumDays: 400, maximumDays: 3653 },
        'audit-security': { minimumDays: 731, maximumDays: 2557 },
      },
      neverExpire: 'fail',
    });
  });

  test('adds its deviations to those below, and switches remediations off and on again', async () => {
    const deviation = (id: string) =>
      `deviations:\n  - {remediation: ${id}, logicalId: X, reason: r, owner: o, date: '2026-01-01', expires: '2026-02-01'}\n`;
    const base = {
      'base.yaml': `${deviation('log-retention')}remediations: {lambda-vpc: false, multi-az: false}\n`,
    };
    const policy = await load(
      `extends: ./base.yaml\n${deviation('multi-az')}remediations: {lambda-vpc: true}\n`,
      base,
    );
    expect(policy.deviations.map(({ remediation }) => remediation).sort()).toEqual([
      'log-retention',
      'multi-az',
    ]);
    expect(policy.target('multi-az')).toBeUndefined();
    expect(policy.target('lambda-vpc')).toBeDefined();
  });
});
