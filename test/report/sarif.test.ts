import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import ajvDraft04 from 'ajv-draft-04';
import ajvFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { contentsOf, projectFolder, runInProcess } from '../cli/run-in-process.js';
import { copyOfPipeline, removeCopies, variants } from './variants.js';

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly charOffset: number;
  readonly charLength: number;
  readonly byteOffset?: number;
  readonly byteLength?: number;
}

interface ArtifactLocation {
  readonly uri: string;
  readonly uriBaseId: string;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: string;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: { readonly artifactLocation: ArtifactLocation; readonly region: Region };
    readonly logicalLocations?: readonly { readonly name: string }[];
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions?: readonly { readonly kind: string; readonly justification: string }[];
  readonly fixes?: readonly {
    readonly artifactChanges: readonly {
      readonly artifactLocation: ArtifactLocation;
      readonly replacements: readonly {
        readonly deletedRegion: Region;
        readonly insertedContent?: { readonly text: string };
      }[];
    }[];
  }[];
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Log {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly originalUriBaseIds: Readonly<Record<string, { readonly uri?: string }>>;
      readonly results: readonly Result[];
    },
  ];
}

/** The schema of OASIS, as Microsoft's SDK carries it. */
const ajv = new ajvDraft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
ajvFormats.default(ajv);
const isValid = ajv.compile(sarifSchema);

function parsed(data: string): Log {
  const log: unknown = JSON.parse(data);
  expect(isValid(log) ? [] : isValid.errors).toEqual([]);
  return log as Log;
}

const example = relative(process.cwd(), join(projectFolder, 'examples/document-pipeline/template.yaml'));

async function sarifOf(...words: readonly string[]): Promise<Log> {
  return parsed((await runInProcess([...words, '--format', 'sarif'])).data);
}

removeCopies();

describe('SARIF', () => {
  it.each(variants)('has fixes that make of a file with %s what --apply makes of it', async (_, write) => {
    const folder = copyOfPipeline(write);
    const root = join(folder, 'template.yaml');
    const log = await sarifOf(root);
    const byColumns: Record<string, string> = { ...contentsOf(folder) };
    const byOffsets: Record<string, string> = { ...contentsOf(folder) };
    for (const [uri, replacements] of replacementsOf(log)) {
      byColumns[uri] = replaced(byColumns[uri] ?? '', replacements, columnsOf);
      byOffsets[uri] = replaced(byOffsets[uri] ?? '', replacements, (_text, region) => [
        region.charOffset,
        region.charOffset + region.charLength,
      ]);
    }
    await runInProcess(['--apply', root]);
    const { '.idp-fix-undo.json': _record, ...applied } = contentsOf(folder);
    expect(byColumns).toEqual(applied);
    expect(byOffsets).toEqual(applied);
    expect(applied['template.yaml']).not.toBe(write(readFileSync(example, 'utf8')));
  });

  const accelerator = join(projectFolder, '../shared/data/idp-v0.3.4/template.yaml');

  it.skipIf(!existsSync(accelerator))('is valid, and its fixes exact, for the accelerator', async () => {
    const log = await sarifOf(accelerator, '--include', 'review');
    const replacements = replacementsOf(log);
    const before = contentsOf(dirname(accelerator));
    const out = join(
      copyOfPipeline((text) => text),
      'out',
    );
    await runInProcess(['--apply', '--include', 'review', accelerator, '--out', out]);
    const applied = contentsOf(out);
    for (const [path, own] of replacements) {
      expect(replaced(before[path] ?? '', own, columnsOf) === applied[path], path).toBe(true);
    }
    expect(replacements.size).toBe(7);
  });

  it.each(variants)(
    'points at the resource in a file with %s, by line, offset and byte',
    async (_, write) => {
      const folder = copyOfPipeline(write);
      const log = await sarifOf(join(folder, 'template.yaml'));
      const named = log.runs[0].results.filter(
        ({ locations }) => locations[0]?.logicalLocations !== undefined,
      );
      expect(named.length).toBeGreaterThan(20);
      for (const { locations } of named) {
        const [{ physicalLocation, logicalLocations } = expect.fail()] = locations;
        const { region, artifactLocation } = physicalLocation;
        const bytes = readFileSync(join(folder, decodeURIComponent(artifactLocation.uri)));
        const text = bytes.toString('utf8').replace(/^\ufeff/, '');
        const name = logicalLocations?.[0]?.name;
        const { byteOffset = -1, byteLength = -1 } = region;
        expect(text.slice(...columnsOf(text, region))).toBe(name);
        expect(text.slice(region.charOffset, region.charOffset + region.charLength)).toBe(name);
        expect(bytes.subarray(byteOffset, byteOffset + byteLength).toString('utf8')).toBe(name);
      }
    },
  );

  it('has an edit once, and a fix for every finding a patch fixes', async () => {
    const log = await sarifOf(example);
    const { results } = log.runs[0];
    const places = [...replacementsOf(log)].flatMap(([uri, replacements]) =>
      replacements.map(({ deletedRegion }) => `${uri} ${deletedRegion.charOffset}`),
    );
    expect(new Set(places).size).toBe(places.length);
    const fixed = results.filter(({ properties }) => properties.patchRisk === 'safe');
    expect(fixed.length).toBeGreaterThan(0);
    for (const { fixes, message } of fixed) {
      const [, at] = /\(sarif:\/runs\/0\/results\/(\d+)\)/.exec(message.text) ?? [];
      expect(fixes ?? results[Number(at)]?.fixes).toBeDefined();
    }
  });

  it('has a rule for every result, and fingerprints that nothing shares', async () => {
    const { tool, results } = (await sarifOf(example)).runs[0];
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    const prints = results.map(({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash);
    expect(new Set(prints).size).toBe(results.length);
  });

  it('tells two roots with the same findings apart', async () => {
    const folders = [copyOfPipeline((text) => text), copyOfPipeline((text) => text)];
    const roots = folders.map((folder) => join(folder, 'template.yaml'));
    const { results, originalUriBaseIds } = (await sarifOf(...roots)).runs[0];
    const prints = results.map(({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash);
    expect(new Set(prints).size).toBe(results.length);
    expect(Object.values(originalUriBaseIds).map(({ uri = '' }) => fileURLToPath(uri))).toEqual(
      folders.map((folder) => `${folder}/`),
    );
  });

  it('says relative paths below %SRCROOT%, and gives that no place', async () => {
    const { results, originalUriBaseIds } = (await sarifOf(example)).runs[0];
    expect(originalUriBaseIds['%SRCROOT%']).not.toHaveProperty('uri');
    const uris = results.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation);
    expect(new Set(uris.map((each) => each?.uriBaseId))).toEqual(new Set(['%SRCROOT%']));
    expect(uris.map((each) => each?.uri)).toContain('examples/document-pipeline/extraction/template.yaml');
  });

  it('suppresses what a skip in the file or a deviation of the policy accepts', async () => {
    const folder = copyOfPipeline((text) =>
      text.replace(
        /^ {2}CleanUp:\n/m,
        (key) => `${key}    # checkov:skip=CKV_AWS_173:it has <no> "secrets" [yet]\n`,
      ),
    );
    writeFileSync(
      join(folder, 'idp-fix.policy.yaml'),
      [
        'extends: production',
        'suppressions: honour',
        'deviations:',
        '  - {remediation: cost-alerts, reason: finance watches, owner: ann, date: 2025-12-01, expires: 2026-12-01}',
        '',
      ].join('\n'),
    );
    const log = await sarifOf(join(folder, 'template.yaml'));
    const suppressed = log.runs[0].results.flatMap(({ ruleId, suppressions = [] }) =>
      suppressions.map((each) => [ruleId, each]),
    );
    expect(suppressed).toContainEqual([
      'lambda-environment-encryption',
      { kind: 'inSource', status: 'accepted', justification: 'it has <no> "secrets" [yet]' },
    ]);
    expect(suppressed).toContainEqual([
      'cost-alerts',
      {
        kind: 'external',
        status: 'accepted',
        justification: 'finance watches (accepted by ann, 2025-12-01, until 2026-12-01)',
      },
    ]);
  });

  it('says what it could not look at', async () => {
    const folder = copyOfPipeline((text) => text);
    rmSync(join(folder, 'extraction'), { recursive: true });
    const { data } = await runInProcess([join(folder, 'template.yaml'), '--format', 'sarif']);
    parsed(data);
    const [{ toolExecutionNotifications: told }] = JSON.parse(data).runs[0].invocations;
    expect(told).toHaveLength(1);
    expect(told[0].message.text).toMatch(/^Extraction was not checked: /);
    expect(told[0].locations[0].physicalLocation.artifactLocation.uri).toBe('template.yaml');
  });

  it('lists, after --apply, what is left, where it stands now', async () => {
    const folder = copyOfPipeline((text) => text);
    const root = join(folder, 'template.yaml');
    const { results } = parsed((await runInProcess(['--apply', root, '--format', 'sarif'])).data).runs[0];
    expect(results.filter(({ fixes }) => fixes !== undefined)).toEqual([]);
    const left = results.filter(({ properties }) => properties.verdict === 'fixable');
    // Versions in a bucket whose objects expire need approval, and so does a retention that may be deployed longer.
    expect(new Set(left.map(({ properties }) => properties.patchRisk))).toEqual(new Set(['review']));
    const after = await sarifOf(root);
    const placesOf = (list: readonly Result[]) =>
      list
        .filter(({ properties }) => properties.verdict === 'manual')
        .map(({ ruleId, locations }) => [ruleId, locations[0]?.physicalLocation.region.startLine]);
    // What the patches have brought in may lack something in its turn.
    expect(placesOf(after.runs[0].results)).toEqual(expect.arrayContaining(placesOf(results)));
  });
});

type Replacement = NonNullable<Result['fixes']>[number]['artifactChanges'][number]['replacements'][number];

/** Of all fixes of a log, by file. */
function replacementsOf(log: Log): ReadonlyMap<string, readonly Replacement[]> {
  const found = new Map<string, Replacement[]>();
  for (const { fixes = [] } of log.runs[0].results) {
    for (const { artifactLocation, replacements } of fixes.flatMap(
      ({ artifactChanges }) => artifactChanges,
    )) {
      const path = decodeURIComponent(artifactLocation.uri);
      found.set(path, [...(found.get(path) ?? []), ...replacements]);
    }
  }
  return found;
}

/** As a reader of the log would: regions are those of the file before any replacement, and know of no byte order mark. */
function replaced(
  file: string,
  replacements: readonly Replacement[],
  spanOf: (text: string, region: Region) => [number, number],
): string {
  const mark = file.startsWith('\ufeff') ? '\ufeff' : '';
  const text = file.slice(mark.length);
  const spans = replacements.map(({ deletedRegion, insertedContent }) => ({
    span: spanOf(text, deletedRegion),
    inserted: insertedContent?.text ?? '',
  }));
  return (
    mark +
    spans
      .sort((left, right) => right.span[0] - left.span[0])
      .reduce((sofar, { span, inserted }) => sofar.slice(0, span[0]) + inserted + sofar.slice(span[1]), text)
  );
}

function columnsOf(text: string, region: Region): [number, number] {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const at = (line: number, column: number) => (starts[line - 1] ?? Number.NaN) + column - 1;
  return [at(region.startLine, region.startColumn), at(region.endLine, region.endColumn)];
}
