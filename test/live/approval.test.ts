import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Surveyed } from '../../src/changeset/survey.js';
import { account } from './account.js';
import { bucket, type Flow, startFlow } from './flow.js';

const endpoint = inject('standIn') ?? '';

const template = (name: string, days = 30) =>
  `Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: /approval/${name}, RetentionInDays: ${days} }\n`;

describe.skipIf(endpoint === '')('approval of many stacks', () => {
  const [here, there] = [account(endpoint), account(endpoint, 'eu-west-1')];
  let flow: Flow;
  beforeAll(async () => {
    flow = await startFlow(endpoint);
    await here.bucket(bucket);
  });
  afterAll(() => flow.close());

  const survey = async (action: 'list' | 'clean', ...words: string[]) => {
    const ran = await flow.run(action, [...words, '--format', 'json']);
    return { ...ran, sets: ran.exitCode < 3 && action === 'list' ? surveyed(ran.data) : [] };
  };
  const surveyed = (data: string) => (JSON.parse(data) as { changeSets: readonly Surveyed[] }).changeSets;

  it('makes a change set for each, in its region, whatever becomes of the others; lists and cleans them', async () => {
    await here.createStack('many-a', template('a'));
    await there.createStack('many-b', template('b'));
    await here.createStack('many-calm', template('calm', 365));
    const large = `${template('a')}# ${'x'.repeat(60_000)}\n`;
    flow.local('a.yaml', large);
    const list = flow.local(
      'stacks.yaml',
      `defaults: { only: [log-retention] }
stacks:
  - { stack: many-a, template: a.yaml, bucket: ${bucket} }
  - { stack: many-missing, region: us-east-1 }
  - { stack: many-calm }
  - { stack: many-a, template: a.yaml, region: us-west-2, parameters: { Nope: 1 } }
  - { stack: many-b, region: eu-west-1 }
`,
    );
    const reports = join(flow.folder, 'review');
    const made = await flow.run('create', ['--stacks', list, '--report', reports, '--format', 'json']);
    expect(made.exitCode, made.notes).toBe(3);
    const { stacks } = JSON.parse(made.data);
    expect(
      stacks.map((each: { stack: string; region?: string; outcome: string }) => [
        each.stack,
        each.region,
        each.outcome,
      ]),
    ).toEqual([
      ['many-a', 'us-east-1', 'created'],
      ['many-missing', 'us-east-1', 'failed'],
      ['many-calm', 'us-east-1', 'nothing'],
      ['many-a', 'us-west-2', 'failed'],
      ['many-b', 'eu-west-1', 'created'],
    ]);
    expect(stacks[3].error).toMatchObject({ code: 'parameters-invalid' });
    const names = [stacks[0].record.name, stacks[4].record.name];
    expect(await here.changeSetNames('many-a')).toEqual([names[0]]);
    expect(await there.changeSetNames('many-b')).toEqual([names[1]]);

    // One review of all, in every form.
    expect(readdirSync(reports).sort()).toEqual(['approval.txt', 'review.html', 'review.json', 'review.md']);
    const report = (name: string) => readFileSync(join(reports, name), 'utf8');
    expect(JSON.parse(report('review.json'))).toEqual(JSON.parse(made.data));
    for (const name of ['review.html', 'review.md', 'approval.txt']) {
      for (const said of [...names, 'many-missing', 'many-calm']) expect(report(name)).toContain(said);
    }
    expect(report('review.html').match(/ id="set-\d-approval"/g)).toHaveLength(2);
    const shown = await flow.run('show', [
      names[1],
      '--stack',
      'many-b',
      '--region',
      'eu-west-1',
      '--format',
      'markdown',
    ]);
    expect(shown.data).toContain('`/Properties/RetentionInDays`');

    // Both can be executed; then one stack is updated, and its change set is stale.
    const fresh = await survey('list', '--folder', flow.folder);
    expect(fresh.sets.map(({ name, region, standing }) => [name, region, standing])).toEqual([
      [names[0], 'us-east-1', 'open'],
      [names[1], 'eu-west-1', 'open'],
    ]);
    await here.updateStack('many-a', template('a', 60));
    const byFile = await survey('list', '--stacks', list);
    expect(byFile.exitCode).toBe(0);
    expect(byFile.sets.map(({ name, standing, isRemovable }) => [name, standing, isRemovable])).toEqual([
      [names[0], 'stale', true],
      [names[1], 'open', false],
    ]);
    expect(await here.keys(bucket)).toHaveLength(1);

    const unasked = await survey('clean', '--folder', flow.folder);
    expect([unasked.exitCode, unasked.notes.includes('say --yes')]).toEqual([3, true]);
    const declined = await flow.run('clean', ['--folder', flow.folder], { typed: 'no' });
    expect([declined.exitCode, declined.notes.includes('nothing was deleted')]).toEqual([3, true]);
    expect(await here.changeSetNames('many-a')).toEqual([names[0]]);
    const cleaned = await flow.run('clean', ['--folder', flow.folder], { typed: 'yes' });
    expect(cleaned.exitCode, cleaned.notes).toBe(0);
    expect(await here.changeSetNames('many-a')).toEqual([]);
    expect(await here.keys(bucket)).toEqual([]);
    expect(await there.changeSetNames('many-b')).toEqual([names[1]]);
    const again = await survey('clean', '--folder', flow.folder, '--yes');
    expect([again.exitCode, again.notes.includes('nothing to clean')]).toEqual([0, true]);
  });
});
