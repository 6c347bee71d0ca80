import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface SourceFile {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
  /** Without comments, so that prose breaks no rule. */
  readonly code: string;
  /** Types included. */
  readonly imports: readonly string[];
}

function sourcesIn(folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(root, path), 'utf8');
      const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(?<=^|\s)\/\/.*$/gm, '');
      return { path, text, code, imports: importsOf(path, code) };
    });
}

/** Imports as paths from the project's folder, packages as they are. Types count: a stage knows only what is before it. */
function importsOf(path: string, code: string): readonly string[] {
  const specifiers = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.')
      ? relative(root, join(root, dirname(path), specifier)).replace(/\.js$/, '.ts')
      : specifier,
  );
}

const src = sourcesIn('src');
const remediations = sourcesIn('remediations').filter(({ path }) => path !== 'remediations/index.ts');
const ids = readdirSync(join(root, 'remediations'), { recursive: true, encoding: 'utf8' }).flatMap(
  (path) => /^([^/]+)\/cases\.md$/.exec(path)?.[1] ?? [],
);

/** Where real ports are handed in: the library, the program, and what tests remediations of one's own. */
const entries = [
  'src/cdk.ts',
  'src/fleet-lambda.ts',
  'src/fleet-worker.ts',
  'src/index.ts',
  'src/lsp-worker.ts',
  'src/main.ts',
  'src/testing.ts',
];

/**
 * The stages in the order data flows through them. A file imports from its own stage and from earlier ones, types
 * included. What comes first in the list wins, so files with a place of their own come before their folder.
 */
const stages: readonly (readonly [RegExp, number])[] = [
  [/^src\/(?:errors|escape|paths|zod)\.ts$/, 0],
  [/^src\/(?:(?:aws-)?ports|wire)\.ts$/, 0],
  [/^src\/document\//, 1],
  [/^src\/data\//, 2],
  [/^src\/code\//, 2],
  [/^src\/template\//, 3],
  [/^src\/expressions\//, 4],
  [/^src\/contract\//, 5],
  [/^src\/analysis\//, 6],
  [/^src\/remediation\.ts$/, 7],
  [/^src\/patch\//, 7],
  // The plan document is what policies are checked against, and what plans are made of.
  [/^src\/plan\/document\.ts$/, 8],
  [/^src\/policy\//, 8],
  [/^src\/plan\//, 9],
  [/^src\/(?:load|verify|deliver|fetch|fleet|findings|report|changeset|baseline|compare)\//, 10],
  [/^src\/(?:plan-roots|apply-roots|product|plugins)\.ts$/, 10],
  [/^src\/cli\//, 11],
  [/^src\/(?:mcp|lsp)\//, 11],
  [/^src\/run\.ts$/, 12],
  [/^src\/testing\//, 12],
  [/^src\/adapters\//, 12],
  [/^remediations\//, 12],
  [/^src\/(?:(?:main|fleet-worker|fleet-lambda|lsp-worker|index|cdk|testing)\.ts|dev\/)/, 13],
];

function stageOf(path: string): number | undefined {
  return stages.find(([pattern]) => pattern.test(path))?.[1];
}

describe('architecture', () => {
  it.each(src.map((file) => [file.path, file] as const))(
    '%s imports from earlier stages only',
    (path, { imports }) => {
      const own = stageOf(path);
      expect(own, 'every file belongs to a stage').toBeDefined();
      const late = imports.filter((target) => (stageOf(target) ?? 0) > (own ?? 0));
      expect(late).toEqual([]);
    },
  );

  it('lets a remediation import the contract, the kit and its own folder, and nothing else', () => {
    const folderOf = (path: string) => path.split('/').slice(0, 2).join('/');
    const foreign = remediations.flatMap(({ path, imports }) =>
      imports
        .filter((target) => target !== 'src/remediation.ts')
        .filter((target) => ![folderOf(path), 'remediations/kit'].includes(folderOf(target)))
        .map((target) => `${path} imports ${target}`),
    );
    expect(foreign).toEqual([]);
  });

  it('has an entry named after its folder for every remediation', () => {
    expect(ids.length).toBeGreaterThan(0);
    const entriesOf = remediations.filter(({ path }) => path.endsWith('/index.ts'));
    expect(entriesOf.map(({ path }) => path.split('/')[1]).sort()).toEqual([...ids].sort());
    for (const { path, code } of entriesOf) expect(code).toContain(`id: '${path.split('/')[1]}'`);
  });

  it('names no remediation in src', () => {
    expect(ids.length).toBeGreaterThan(0);
    const named = src.flatMap(({ path, text }) =>
      ids.filter((id) => text.includes(id)).map((id) => `${path} names ${id}`),
    );
    expect(named).toEqual([]);
  });

  it('touches files, network, clock, chance, environment and console in the entries, adapters and dev alone', () => {
    const world =
      /'(?:node:)?(?:fs|fs\/promises|net|http|https|http2|child_process|os|process|readline|tls|dns|timers)'|\bprocess\.|\bconsole\.|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bfetch\(|\bperformance\.|\bsetTimeout\b|\bcrypto\.random/;
    const isEdge = ({ path }: SourceFile) => entries.includes(path) || /^src\/(?:adapters|dev)\//.test(path);
    const touching = [...src.filter((file) => !isEdge(file)), ...remediations]
      .map(({ path, code }) => [path, world.exec(code)?.[0]] as const)
      .filter(([, found]) => found !== undefined);
    expect(touching).toEqual([]);
  });

  it('imports adapters in the entries alone', () => {
    const importers = src
      .filter(
        ({ path, imports }) =>
          !path.startsWith('src/adapters/') && imports.some((each) => each.startsWith('src/adapters/')),
      )
      .map(({ path }) => path);
    expect(importers).toEqual(entries);
  });

  it('takes zod from src/zod.ts, so that a plan does not load all of it', () => {
    const direct = src
      .filter(({ path, code }) => path !== 'src/zod.ts' && /\bfrom 'zod'/.test(code))
      .filter(({ code }) => !code.includes("import { toJSONSchema } from 'zod'"))
      .map(({ path }) => path);
    expect(direct).toEqual([]);
  });

  it('imports no file in a circle, types included', () => {
    const graph = new Map(
      [...src, ...remediations].map(({ path, imports }) => [
        path,
        imports.filter((target) => /^(?:src|remediations)\//.test(target)),
      ]),
    );
    expect(circlesIn(graph)).toEqual([]);
  });

  it('imports no folder in a circle, types included', () => {
    const folderOf = (path: string) => /^src\/[^/]+\//.exec(path)?.[0] ?? path;
    const graph = new Map<string, Set<string>>();
    for (const { path, imports } of src) {
      const targets = graph.get(folderOf(path)) ?? new Set<string>();
      for (const target of imports.filter((each) => each.startsWith('src/'))) {
        if (folderOf(target) !== folderOf(path)) targets.add(folderOf(target));
      }
      graph.set(folderOf(path), targets);
    }
    expect(circlesIn(new Map([...graph].map(([folder, targets]) => [folder, [...targets]])))).toEqual([]);
  });

  it('has one hand-written barrel, beside the contract of a remediation', () => {
    const barrels = src.filter(({ code }) => /\bexport \* from\b/.test(code)).map(({ path }) => path);
    expect(barrels.filter((path) => !['src/index.ts', 'src/remediation.ts'].includes(path))).toEqual([]);
  });

  it('keeps every file short', () => {
    const long = [...src, ...remediations]
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 500);
    expect(long).toEqual([]);
  });
});

/** Each circle once, as the files on it. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return circles;
}
