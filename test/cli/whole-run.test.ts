import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/plan/document.js';
import type { Prompt } from '../../src/ports.js';
import { contentsOf, projectFolder, runInProcess } from './run-in-process.js';

const accelerator = join(projectFolder, '..', 'shared', 'data', 'idp-v0.3.4');
const undoRecord = '.idp-fix-undo.json';

const stacks = [
  { name: 'the small example', source: join(projectFolder, 'examples', 'small'), mostLines: 45 },
  {
    name: 'the document pipeline',
    source: join(projectFolder, 'examples', 'document-pipeline'),
    mostLines: 65,
  },
  { name: 'the accelerator', source: accelerator, mostLines: 70 },
] as const;

/** The first screen stays one, however much there is. */
const firstScreens = [
  { release: 'idp-v0.3.4', mostLines: 60 },
  { release: 'idp-v0.6.4', mostLines: 100 },
].map((each) => ({
  ...each,
  root: join(projectFolder, '..', 'shared', 'data', each.release, 'template.yaml'),
}));

it.each(firstScreens.filter(({ root }) => existsSync(root)))(
  'the plan of $release has at most $mostLines lines of 100 columns',
  async ({ root, mostLines }) => {
    const { data } = await runInProcess([root], { terminal: { columns: 100 } });
    const lines = data.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(mostLines);
    const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
    // The worst first, and what to do last.
    expect(at('Broken today')).toBeLessThan(8);
    expect(at('Auto-fix')).toBeGreaterThan(at('Broken today'));
    expect(at('Needs input: ')).toBeGreaterThan(at('Auto-fix'));
    expect(lines.at(-1)).toContain('details');
  },
);

describe.each(stacks)('idp-fix on $name', ({ source, mostLines }) => {
  describe.skipIf(!existsSync(source))(`in ${source}`, () => {
    let folder = '';
    const root = () => join(folder, 'template.yaml');
    const plan = async (...words: readonly string[]): Promise<PlanDocument> =>
      JSON.parse((await runInProcess([root(), '--format', 'json', ...words])).data);

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'idp-fix-run-'));
      copyWritable(source, folder);
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('plans, writes nothing, and says the same each time', async () => {
      const before = contentsOf(folder);
      const first = await runInProcess([root(), '--format', 'json']);
      const second = await runInProcess([root(), '--format', 'json']);
      expect(first).toMatchObject({ exitCode: 1, notes: '' });
      expect(second.data).toBe(first.data);
      expect(contentsOf(folder)).toEqual(before);
    });

    it('finds something to fix, and what it fixes is gone afterwards', async () => {
      const before = await plan();
      expect(before.summary.verdicts.fixable).toBeGreaterThan(0);
      expect(await runInProcess([root(), '--apply', '--include', 'review'])).toMatchObject({ exitCode: 0 });
      const after = await plan();
      const left = after.stacks.flatMap(({ findings }) =>
        findings.filter(({ verdict }) => verdict === 'fixable'),
      );
      expect(left).toEqual([]);
      expect(after.stacks.flatMap(({ patches }) => patches)).toEqual([]);
    });

    it('reports in 80 columns', async () => {
      const { data } = await runInProcess([root()]);
      expect(data.trimEnd().split('\n').length).toBeLessThanOrEqual(mostLines);
      const long = data.split('\n').filter((line) => line.length > 80 && line.trim().includes(' '));
      // A single word may be longer than a line, such as a path with its logical id behind it.
      expect(
        long.filter((line) =>
          line
            .trim()
            .split(' ')
            .every((word) => word.length < 60),
        ),
      ).toEqual([]);
    });

    it('undoes what it has applied, byte for byte', async () => {
      const before = contentsOf(folder);
      const { notes } = await runInProcess([root(), '--apply']);
      expect(Object.keys(contentsOf(folder))).toContain(undoRecord);
      expect(contentsOf(folder)).not.toEqual(before);
      // From the folder the command was run in, which is another.
      const [, undo = ''] = /^idp-fix (undo .*) reverts it$/m.exec(notes) ?? [];
      expect(await runInProcess(undo.split(' '))).toMatchObject({ exitCode: 0 });
      expect(contentsOf(folder)).toEqual(before);
    });

    it('writes what the dry run shows', async () => {
      const { data: diff, exitCode } = await runInProcess([root(), '--apply', '--dry-run']);
      expect(exitCode).toBe(1);
      execFileSync('git', ['apply', '-'], { cwd: folder, input: diff });
      const patchedByGit = contentsOf(folder);
      rmSync(folder, { recursive: true });
      copyWritable(source, folder);
      await runInProcess([root(), '--apply']);
      rmSync(join(folder, undoRecord));
      expect(contentsOf(folder)).toEqual(patchedByGit);
    });

    it('writes the same somewhere else with --out', async () => {
      const before = contentsOf(folder);
      const out = join(folder, 'out');
      await runInProcess([root(), '--apply', '--out', out]);
      const written = contentsOf(out);
      rmSync(out, { recursive: true });
      expect(contentsOf(folder)).toEqual(before);
      await runInProcess([root(), '--apply']);
      const applied = contentsOf(folder);
      for (const [path, text] of Object.entries(written)) expect(text).toBe(applied[path]);
    });

    it('has patches that come to the hashes it names', async () => {
      const document = await plan();
      await runInProcess([root(), '--apply']);
      const after = await plan();
      expect(after.stacks.map(({ sha256 }) => sha256)).toEqual(
        document.stacks.map(({ patchedSha256 }) => patchedSha256),
      );
    });

    it('keeps every line that is no part of a fix', async () => {
      const { data: diff } = await runInProcess([root(), '--format', 'diff']);
      await runInProcess([root(), '--apply']);
      for (const [path, text] of Object.entries(contentsOf(folder))) {
        if (path === undoRecord) continue;
        const original = readFileSync(join(source, path), 'utf8');
        const added = new Set(
          diff
            .split('\n')
            .filter((line) => /^\+(?!\+\+ )/.test(line))
            .map((line) => line.slice(1)),
        );
        const originalLines = new Set(original.split('\n'));
        const foreign = text.split('\n').filter((line) => !originalLines.has(line) && !added.has(line));
        expect(foreign).toEqual([]);
      }
    });
  });
});

describe('idp-fix with several templates', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-run-'));
    cpSync(join(projectFolder, 'examples'), folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds the roots of a folder, and plans nothing twice', async () => {
    const { data } = await runInProcess([folder, '--format', 'json']);
    const documents: readonly PlanDocument[] = JSON.parse(data);
    expect(documents.map(({ stacks }) => stacks.map(({ template }) => template))).toEqual([
      ['template.yaml', 'extraction/template.yaml', 'portal/template.yaml'],
      ['template.yaml'],
    ]);
  });

  it('plans a template once that is named and found, in the order it was named', async () => {
    const small = join(folder, 'small', 'template.yaml');
    const { data } = await runInProcess([
      small,
      folder,
      `${folder}/./small/template.yaml`,
      '--format',
      'json',
    ]);
    const documents: readonly PlanDocument[] = JSON.parse(data);
    expect(documents.map(({ stacks }) => stacks.length)).toEqual([1, 3]);
  });

  it('keeps the folders below --out', async () => {
    const out = join(folder, '..', `${folder.split('/').at(-1)}-out`);
    expect(await runInProcess([folder, '--apply', '--out', out])).toMatchObject({ exitCode: 0 });
    expect(Object.keys(contentsOf(out))).toEqual([
      'document-pipeline/extraction/template.yaml',
      'document-pipeline/portal/template.yaml',
      'document-pipeline/template.yaml',
      'small/template.yaml',
    ]);
    rmSync(out, { recursive: true });
  });

  it('works as a filter', async () => {
    const path = join(folder, 'small', 'template.yaml');
    const input = readFileSync(path, 'utf8');
    const { data, exitCode } = await runInProcess(['-', '--apply'], { input });
    await runInProcess([path, '--apply']);
    expect({ data, exitCode }).toEqual({ data: readFileSync(path, 'utf8'), exitCode: 0 });
  });

  it('only does what --only and --skip leave', async () => {
    const path = join(folder, 'small', 'template.yaml');
    const idsWith = async (...words: readonly string[]) => {
      const document: PlanDocument = JSON.parse(
        (await runInProcess([path, '--format', 'json', ...words])).data,
      );
      return [
        ...new Set(document.stacks.flatMap(({ findings }) => findings.map(({ remediation }) => remediation))),
      ];
    };
    expect(await idsWith('--only', 'log-retention')).toEqual(['log-retention']);
    expect(await idsWith('--skip', 'log-retention')).not.toContain('log-retention');
  });

  it('takes skips for what --suppressions says, whatever the policy does', async () => {
    const path = join(folder, 'skipped.yaml');
    writeFileSync(
      path,
      'Resources:\n  Logs:\n    # checkov:skip=CKV_AWS_158:not yet\n    Type: AWS::Logs::LogGroup\n',
    );
    const verdictsWith = async (...words: readonly string[]) => {
      const { data } = await runInProcess([
        path,
        '--only',
        'log-group-encryption',
        '--format',
        'json',
        ...words,
      ]);
      const document: PlanDocument = JSON.parse(data);
      return document.stacks.flatMap(({ findings }) => findings.map(({ verdict }) => verdict));
    };
    expect(await verdictsWith()).toEqual(['manual']);
    expect(await verdictsWith('--suppressions', 'honour')).toEqual(['accepted']);
  });

  it('asks nothing with --yes, though somebody is there', async () => {
    const prompt: Prompt = {
      isPossible: true,
      ask: async () => {
        throw new Error('it asks');
      },
    };
    const path = join(folder, 'small');
    await expect(runInProcess(['wizard', path], { prompt })).rejects.toThrow('it asks');
    expect(await runInProcess(['wizard', path, '--yes'], { prompt })).toMatchObject({ exitCode: 3 });
  });

  it('writes the report where --output says', async () => {
    const output = join(folder, 'report.json');
    const path = join(folder, 'small', 'template.yaml');
    const ran = await runInProcess([path, '--format', 'json', '--output', output]);
    expect(ran).toEqual({ exitCode: 1, data: '', notes: `wrote ${output}\n` });
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ format: 'idp-fix/plan' });
  });
});

/** A copy that may be written, whatever its source may. */
function copyWritable(source: string, folder: string): void {
  cpSync(source, folder, { recursive: true });
  for (const path of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    const target = join(folder, path);
    chmodSync(target, statSync(target).mode | 0o200);
  }
}
