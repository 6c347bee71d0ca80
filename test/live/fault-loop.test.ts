import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { type Ran, runInProcess } from '../cli/run-in-process.js';
import { account } from './account.js';
import { faults, faultyWorld, Killed, ofAwsOnly } from './faulty-world.js';

/**
 * The n-th call of a command fails, for every n until a run meets no fault, in each way a call can fail: AWS and the file
 * system counted together. Afterwards nothing is changed that the command does not change, every file is whole, and
 * what is left behind is taken up by the next run.
 */

const endpoint = inject('standIn') ?? '';
/** From one call that fails to the next: `npm test` takes a sample, `npm run test:live` all. */
const stride = Number(process.env.FAULT_STRIDE);

const bucket = 'fault-loop';
const deployed =
  'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 30\n';
/** Too large for a request, so that it goes through the bucket. */
const local = `${deployed}${'# a comment that goes along\n'.repeat(2_000)}`;

// All calls of a creation take minutes on an idle machine, and more than the usual five on a busy one.
describe.skipIf(endpoint === '')(
  'the n-th call of a change-set command fails',
  { timeout: 1_800_000 },
  () => {
    const aws = account(endpoint);
    const lab = mkdtempSync(join(tmpdir(), 'idp-fix-loop-'));
    let folders = 0;
    beforeAll(() => aws.bucket(bucket));
    afterAll(() => rmSync(lab, { recursive: true, force: true }));

    function newFolder(): string {
      folders += 1;
      const folder = join(lab, String(folders));
      mkdirSync(folder);
      writeFileSync(join(folder, 'app.yaml'), local);
      return folder;
    }

    const createWords = (folder: string, stack: string) => {
      const named = ['change-set', 'create', join(folder, 'app.yaml'), '--stack', stack, '--bucket', bucket];
      return [...named, '--only', 'log-retention', '--format', 'json'];
    };
    const words = (action: string, { name, stack }: ChangeSetRecord, folder: string) => {
      const named = [
        'change-set',
        action,
        name,
        '--stack',
        stack.name,
        '--folder',
        folder,
        '--format',
        'json',
      ];
      return action === 'execute' ? [...named, '--confirm', stack.name] : named;
    };
    const healthy = (line: readonly string[]): Promise<Ran> => {
      const { live, files } = faultyWorld(endpoint, 0, 'error');
      return runInProcess(line, { live, files });
    };
    const created = async (folder: string, stack: string): Promise<ChangeSetRecord> => {
      const ran = await healthy(createWords(folder, stack));
      expect(ran.exitCode, ran.notes).toBe(0);
      return JSON.parse(ran.data) as ChangeSetRecord;
    };

    interface Loop {
      /** Whatever the faulty run finds. @returns its words */
      before(
        id: string,
      ): Promise<{ readonly line: readonly string[]; readonly folder: string; readonly stack: string }>;
      /** Takes up what is left, and looks at everything. */
      after(of: { folder: string; stack: string }, arrived: readonly string[]): Promise<void>;
      readonly changesStack: boolean;
    }

    /** @returns how many calls were made to fail */
    async function loop(name: string, { before, after, changesStack }: Loop) {
      let made = 0;
      const most = { calls: 0, toAws: 0 };
      for (const fault of faults) {
        for (let at = 1; ; at += stride) {
          const { line, folder, stack } = await before(`${name}-${faults.indexOf(fault)}-${at}`);
          const world = faultyWorld(endpoint, at, fault);
          const told = `${fault} at call ${at} of ${name}`;
          const ran = await Promise.race([
            runInProcess(line, { live: world.live, files: world.files }),
            world.killed,
          ]).catch((error: unknown) => {
            if (error instanceof Killed) return undefined;
            throw new Error(`${told}: ${String(error)}`, { cause: error });
          });
          wholeFiles(folder, told);
          if (ran !== undefined) expect([0, 3, 4], `${told}: ${ran.notes}`).toContain(ran.exitCode);
          if (!changesStack) {
            expect(await aws.template(stack), told).toBe(deployed);
            expect(await aws.status(stack), told).toBe('CREATE_COMPLETE');
            expect(world.arrived, told).not.toContain('ExecuteChangeSet');
          }
          await after({ folder, stack }, world.arrived).catch((error: unknown) => {
            throw new Error(`${told}: ${String(error)}\n${ran?.notes ?? 'killed'}`, { cause: error });
          });
          if (world.isMade()) made += 1;
          const kind = ofAwsOnly.has(fault) ? 'toAws' : 'calls';
          most[kind] = Math.max(most[kind], world.calls());
          if (world.calls() < at) break;
        }
      }
      console.log(
        `${name}: ${most.calls} calls, ${most.toAws} to AWS with repetitions, × ${faults.length} faults, every ${stride === 1 ? '' : `${stride}th `}call: ${made} made to fail, 0 lost`,
      );
      return made;
    }

    /** The template as it was, and every record one that can be read. */
    function wholeFiles(folder: string, told: string): void {
      expect(readFileSync(join(folder, 'app.yaml'), 'utf8'), told).toBe(local);
      const records = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) =>
        /^\.idp-fix\/[^.][^/]*\.json$/.test(each),
      );
      for (const each of records)
        expect(() => JSON.parse(readFileSync(join(folder, each), 'utf8')), told).not.toThrow();
    }

    const nothingLeft = async (stack: string) =>
      expect([await aws.changeSetNames(stack), await aws.keys(bucket)]).toEqual([[], []]);

    it('create', async () => {
      await aws.createStack('loop-create', deployed);
      const made = await loop('create', {
        changesStack: false,
        async before() {
          const folder = newFolder();
          return { line: createWords(folder, 'loop-create'), folder, stack: 'loop-create' };
        },
        async after({ folder, stack }) {
          const record = await created(folder, stack);
          expect(await aws.changeSetNames(stack)).toEqual([record.name]);
          expect(await aws.keys(bucket)).toEqual(record.uploads.map(({ key }) => key));
          const gone = await healthy(words('reject', record, folder));
          expect(gone.exitCode, gone.notes).toBe(0);
          await nothingLeft(stack);
        },
      });
      expect(made).toBeGreaterThan(10);
    });

    it('show', async () => {
      await aws.createStack('loop-show', deployed);
      const folder = newFolder();
      const record = await created(folder, 'loop-show');
      const made = await loop('show', {
        changesStack: false,
        before: async () => ({ line: words('show', record, folder), folder, stack: 'loop-show' }),
        async after() {
          const shown = await healthy(words('show', record, folder));
          expect([shown.exitCode, JSON.parse(shown.data)], shown.notes).toEqual([0, record]);
          expect(await aws.changeSetNames('loop-show')).toEqual([record.name]);
        },
      });
      await healthy(words('reject', record, folder));
      expect(made).toBeGreaterThan(5);
    });

    it('reject', async () => {
      await aws.createStack('loop-reject', deployed);
      let record: ChangeSetRecord;
      const made = await loop('reject', {
        changesStack: false,
        async before() {
          const folder = newFolder();
          record = await created(folder, 'loop-reject');
          return { line: words('reject', record, folder), folder, stack: 'loop-reject' };
        },
        async after({ folder, stack }) {
          const again = await healthy(words('reject', record, folder));
          expect(again.exitCode, again.notes).toBe(0);
          await nothingLeft(stack);
        },
      });
      expect(made).toBeGreaterThan(5);
    });

    it('list', async () => {
      await aws.createStack('loop-list', deployed);
      const folder = newFolder();
      const record = await created(folder, 'loop-list');
      const line = ['change-set', 'list', '--stack', 'loop-list', '--folder', folder, '--format', 'json'];
      const made = await loop('list', {
        changesStack: false,
        before: async () => ({ line, folder, stack: 'loop-list' }),
        async after() {
          const { exitCode, data, notes } = await healthy(line);
          const { changeSets } = JSON.parse(data) as { readonly changeSets: readonly object[] };
          expect([exitCode, changeSets], notes).toMatchObject([0, [{ name: record.name, standing: 'open' }]]);
          expect(await aws.changeSetNames('loop-list')).toEqual([record.name]);
        },
      });
      await healthy(words('reject', record, folder));
      expect(made).toBeGreaterThan(5);
    });

    it('clean', async () => {
      await aws.createStack('loop-clean', deployed);
      const lineIn = (folder: string) => [
        ...['change-set', 'clean', '--stack', 'loop-clean', '--folder', folder],
        ...['--yes', '--format', 'json'],
      ];
      const made = await loop('clean', {
        changesStack: false,
        async before() {
          const folder = newFolder();
          const record = await created(folder, 'loop-clean');
          // Made from another template than the one that is there now.
          const path = join(folder, '.idp-fix', `${record.name}.json`);
          const templates = record.templates.map((each) => ({ ...each, localSha256: '0'.repeat(64) }));
          writeFileSync(path, JSON.stringify({ ...record, templates }));
          return { line: lineIn(folder), folder, stack: 'loop-clean' };
        },
        async after({ folder, stack }) {
          const again = await healthy(lineIn(folder));
          expect(again.exitCode, again.notes).toBe(0);
          await nothingLeft(stack);
        },
      });
      expect(made).toBeGreaterThan(5);
    });

    it('create for several stacks', async () => {
      const stacks = ['loop-many-1', 'loop-many-2'];
      for (const stack of stacks) await aws.createStack(stack, deployed);
      const lineIn = (folder: string) => [
        ...['change-set', 'create', '--stacks', join(folder, 'stacks.yaml')],
        ...['--only', 'log-retention', '--format', 'json'],
      ];
      const made = await loop('create --stacks', {
        changesStack: false,
        async before() {
          const folder = newFolder();
          writeFileSync(join(folder, 'small.yaml'), deployed);
          const listed = stacks.map((stack) => `  - { stack: ${stack}, template: small.yaml }\n`);
          writeFileSync(join(folder, 'stacks.yaml'), `stacks:\n${listed.join('')}`);
          return { line: lineIn(folder), folder, stack: 'loop-many-1' };
        },
        async after({ folder }) {
          const again = await healthy(lineIn(folder));
          expect(again.exitCode, again.notes).toBe(0);
          for (const stack of stacks) {
            const [name, ...more] = await aws.changeSetNames(stack);
            expect([name, more], again.notes).toEqual([expect.stringContaining('idp-fix-'), []]);
            const named = ['change-set', 'reject', name ?? '', '--stack', stack, '--folder', folder];
            const gone = await healthy(named);
            expect(gone.exitCode, gone.notes).toBe(0);
            expect(await aws.changeSetNames(stack)).toEqual([]);
            expect([await aws.template(stack), await aws.status(stack)]).toEqual([
              deployed,
              'CREATE_COMPLETE',
            ]);
          }
        },
      });
      expect(made).toBeGreaterThan(10);
    });

    it('execute', async () => {
      let record: ChangeSetRecord;
      const made = await loop('execute', {
        changesStack: true,
        async before(id) {
          const folder = newFolder();
          await aws.createStack(`loop-${id}`, deployed);
          record = await created(folder, `loop-${id}`);
          return { line: words('execute', record, folder), folder, stack: `loop-${id}` };
        },
        async after({ folder, stack }, arrived) {
          await aws.settled(stack);
          const shown = await healthy(words('show', record, folder));
          expect(shown.exitCode, shown.notes).toBe(0);
          const { state } = JSON.parse(shown.data) as ChangeSetRecord;
          const isDone = (await aws.status(stack)) === 'UPDATE_COMPLETE';
          expect(state).toBe(isDone ? 'executed' : 'created');
          // What has changed the stack has gone through `ExecuteChangeSet`, once.
          expect(arrived.filter((name) => name === 'ExecuteChangeSet')).toHaveLength(isDone ? 1 : 0);
          const again = await healthy(words('execute', record, folder));
          expect(again.exitCode, again.notes).toBe(isDone ? 3 : 0);
          expect(await aws.status(stack)).toBe('UPDATE_COMPLETE');
          expect(await aws.template(stack)).toContain('RetentionInDays: 365');
          await aws.deleteStack(stack);
          for (const { key } of record.uploads) await aws.remove(bucket, key);
        },
      });
      expect(made).toBeGreaterThan(5);
    });
  },
);
