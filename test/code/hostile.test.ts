import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { readCode, shown } from './read-code.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-code-'));
  mkdirSync(join(folder, 'repository/.git'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const call =
  'import boto3\ndef handler(event, context):\n    boto3.client("lambda").invoke(FunctionName="a")\n';

/** Reads a function whose code is `repository/code/app.py`, after the rest is put beside it. */
async function read(prepare: (code: string) => void, app = call) {
  const repository = join(folder, 'repository');
  mkdirSync(join(repository, 'code'));
  const properties = 'CodeUri: code, Handler: app.handler, Runtime: python3.13';
  writeFileSync(
    join(repository, 'template.yaml'),
    `Resources: {Own: {Type: AWS::Serverless::Function, Properties: {${properties}}}}\n`,
  );
  writeFileSync(join(repository, 'code/app.py'), app);
  prepare(join(repository, 'code'));
  const code = await readCode(nodeFiles(), join(repository, 'template.yaml'));
  const own = code.codeOf('template.yaml', 'Own');
  return {
    notes: code.notes,
    isComplete: own?.isComplete,
    invocations: own?.facts.filter(({ kind }) => kind === 'invocation').map(shown),
    files: code.files,
  };
}

const found = ['code/app.py:3 invokes a RequestResponse'];

describe('a hostile source tree', () => {
  it('is not left by a link to a file', async () => {
    writeFileSync(join(folder, 'secret.py'), 'NAME = "outside"\n');
    const app = `import secret\n${call}`;
    const result = await read((code) => symlinkSync(join(folder, 'secret.py'), join(code, 'secret.py')), app);
    expect(result.notes).toEqual([
      { file: 'code/secret.py', because: 'it is a link that leads outside the repository' },
    ]);
    expect(result).toMatchObject({ isComplete: false, files: 1 });
  });

  it('is not left by a link to a folder, nor by a path', async () => {
    mkdirSync(join(folder, 'outside'));
    writeFileSync(join(folder, 'outside/names.py'), 'NAME = "outside"\n');
    const app = `from linked import names\n${call}`;
    const result = await read((code) => symlinkSync(join(folder, 'outside'), join(code, 'linked')), app);
    expect(result.notes).toEqual([
      { file: 'code/linked', because: 'it is outside the repository and is not read' },
    ]);
    expect(result.files).toBe(1);
  });

  it('may have links inside the repository, in circles too', async () => {
    const app = `from again import app as same\n${call}`;
    const result = await read((code) => symlinkSync(code, join(code, 'again')), app);
    expect(result.notes).toEqual([]);
    expect(result.invocations?.length).toBeGreaterThan(0);
  });

  it('costs a note where a file is far too large', async () => {
    const result = await read((code) => {
      writeFileSync(join(code, 'large.py'), '');
      truncateSync(join(code, 'large.py'), 100 * 1024 * 1024);
    }, `import large\n${call}`);
    expect(result.notes).toEqual([{ file: 'code/large.py', because: 'the file is larger than 1 MiB' }]);
    expect(result).toMatchObject({ isComplete: false, files: 1 });
  });

  it('costs a note where a file is no text', async () => {
    const result = await read(
      (code) => writeFileSync(join(code, 'binary.py'), Buffer.from([0x50, 0, 0xff, 0xfe])),
      `import binary\n${call}`,
    );
    expect(result.notes).toEqual([{ file: 'code/binary.py', because: 'it is no text' }]);
  });

  it('is not read where nothing imports it', async () => {
    const result = await read((code) => {
      for (let number = 0; number < 10_000; number++) writeFileSync(join(code, `m${number}.py`), 'A = 1\n');
    });
    expect(result).toEqual({ notes: [], isComplete: true, invocations: found, files: 1 });
  });

  it.each([
    ['brackets', `${'('.repeat(100_000)}1${')'.repeat(100_000)}`],
    ['lists', `x = ${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['calls', `x = a${'.b()'.repeat(50_000)}`],
    ['sums', `x = ${'1 + '.repeat(50_000)}1`],
    ['blocks', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}if a:`).join('\n')],
  ])('may nest %s as deep as it likes', async (_name, deep) => {
    const result = await read(() => {}, `${call}\n${deep}\n`);
    expect(result.invocations).toEqual(found);
    expect(result.isComplete).toBe(false);
    expect(result.notes).toHaveLength(1);
  });

  it('may be what a parser makes nothing of', async () => {
    const words = ['if', 'else', 'for', 'while', 'def', 'class', 'import', 'from', '(', ')', ':', '\n'];
    let seed = 1;
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return words[seed % words.length];
    };
    const result = await read(() => {}, `${call}\n${Array.from({ length: 100_000 }, next).join('')}\n`);
    expect(result.isComplete).toBe(false);
    expect(result.notes).toHaveLength(1);
  });

  it.each([
    [
      'names of each other',
      Array.from({ length: 500 }, (_, n) => `a${n} = a${n + 1} or a${(n + 7) % 500}`).join('\n'),
    ],
    ['names of themselves', 'b = b or c\nc = b + c\nd = f"{d}{c}{b}"\n'],
    [
      'functions that call each other',
      'def f(x):\n    return g(x) or g(x)\ndef g(x):\n    return f(x) or f(x)\nf(f(f(1)))\n',
    ],
    [
      'texts of texts',
      `t0 = "a" if x else "b"\n${Array.from({ length: 60 }, (_, n) => `t${n + 1} = t${n} + t${n}`).join('\n')}\n`,
    ],
  ])('may have %s', async (_name, text) => {
    const last = `${text}\n${call.replace('"a"', 'f"{a0}{t60}{b}{f(1)}"')}`;
    const result = await read(() => {}, last);
    expect(result.invocations?.length).toBeGreaterThan(0);
    expect(result.notes).toEqual([]);
  });
});
