import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { parse as parseToml } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  approvalMessage,
  markdownChangeSets,
  type Outcome,
  outcomesJson,
  outcomesText,
} from '../../src/changeset/outcomes.js';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { changeSetText } from '../../src/changeset/review.js';
import { htmlChangeSets } from '../../src/changeset/review-page.js';
import { jsonText, quotedText, terminalValues } from '../../src/escape.js';
import { noCounts } from '../../src/fleet/record.js';
import { type FleetSummary, fleetText } from '../../src/fleet/summary.js';
import { checklistCsv } from '../../src/report/checklist.js';
import { paint } from '../../src/report/paint.js';
import { verificationHtml, verificationText } from '../../src/verify/report.js';
import type { Verification } from '../../src/verify/verify.js';
import { runInProcess } from '../cli/run-in-process.js';
import { commandsIn, deceives, everything } from './hostile-characters.js';

const plain = paint(false);

const record: ChangeSetRecord = {
  format: 'idp-fix/change-set',
  version: 1,
  state: 'created',
  name: everything,
  maker: null,
  creation: '0'.repeat(32),
  arn: everything,
  planSha256: 'a'.repeat(64),
  source: 'local',
  stack: { name: everything, id: everything, isNew: false, updatedAt: everything },
  account: '111122223333',
  region: 'eu-central-1',
  templates: [{ path: everything, file: null, localSha256: null, submittedSha256: 'b'.repeat(64) }],
  deployed: [],
  parameters: { [everything]: everything },
  values: { [everything]: everything },
  tags: [{ key: everything, before: everything, after: everything }],
  uploads: [{ bucket: everything, key: everything }],
  changes: [
    {
      stack: everything,
      logicalId: everything,
      type: everything,
      physicalId: everything,
      action: 'Modify',
      replacement: 'will',
      because: [everything],
      properties: [
        {
          path: everything,
          before: everything,
          after: everything,
          cause: everything,
          remediations: ['log-retention'],
          surprise: everything,
        },
      ],
      remediations: ['log-retention'],
      surprise: everything,
      loses: true,
    },
  ],
  warnings: [everything],
  checks: [{ what: everything, status: 'failed', because: everything }],
  prerequisites: [{ what: everything, check: everything }],
  allowed: [],
  options: null,
};

const outcomes: readonly Outcome[] = [
  {
    stack: everything,
    region: everything,
    outcome: 'created',
    record,
    recordedIn: everything,
    where: '',
  },
  { stack: everything, region: everything, outcome: 'nothing', because: everything },
];

const verification = {
  stack: { name: everything, status: everything },
  account: everything,
  region: everything,
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-02T00:00:00Z',
  proofs: (['dead', 'unknown', 'unproven', 'alive'] as const).map((status) => ({
    stack: everything,
    logicalId: everything,
    check: everything,
    item: 'alarms',
    status,
    because: everything,
    hint: everything,
  })),
} as unknown as Verification;

const counts = { ...noCounts(), autoFix: 1 };
const fleet: FleetSummary = {
  format: 'idp-fix/fleet',
  version: 1,
  roots: { planned: 1, failed: 1 },
  findings: counts,
  remediations: [{ id: everything, roots: 1, ...counts }],
  worst: [{ root: everything, open: 1, autoFix: 1 }],
  decisions: [{ key: everything, findings: 1, roots: 1 }],
  notEvaluated: 0,
  failures: [{ root: everything, code: 'usage', message: everything }],
};

const checklistItem = {
  id: 'x',
  title: everything,
  status: 'open',
  evidence: everything,
  owner: everything,
  date: null,
  reason: everything,
  document: everything,
  expires: null,
  remediations: [],
  covers: [everything],
  doesNotCover: [],
  open: 1,
  acceptedRisks: [],
  fingerprint: 'a',
} as const;

/** Every form that somebody reads in a terminal or in the log of a job. */
const texts: readonly (readonly [string, () => string])[] = [
  ['the review of a change set', () => changeSetText(terminalValues(record), plain, 80)],
  ['change sets of several stacks', () => outcomesText(outcomes, plain, 80)],
  ['the message of an approval step', () => approvalMessage(outcomes)],
  ['a verification', () => verificationText(terminalValues(verification), plain, 80)],
  ['the summary of a fleet', () => fleetText(fleet)],
];

const forms: readonly (readonly [string, () => string])[] = [
  ['change sets as JSON', () => outcomesJson(outcomes)],
  ['change sets as a page', () => htmlChangeSets(outcomes)],
  ['a verification as a page', () => verificationHtml(verification)],
  ['change sets as Markdown', () => markdownChangeSets(outcomes)],
  ['the checklist as CSV', () => checklistCsv([{ root: everything, items: [checklistItem] }])],
  ['one line of JSON', () => jsonText({ [everything]: everything }, 0)],
];

describe('what is shown of AWS answers, records and many templates', () => {
  it.each(texts)('has nothing raw, and no command, in %s', (_, shown) => {
    const text = shown();
    expect(text).toContain('‹U+001B›');
    expect(deceives(text)).toEqual([]);
    expect(commandsIn(text)).toEqual([]);
  });

  it.each(forms)('has nothing raw in %s', (_, shown) => {
    const text = shown();
    // What is put there to break links and mentions is the report's own.
    expect(deceives(text.replaceAll(/\u200b|\r\n/g, ''))).toEqual([]);
    if (text.startsWith('<!doctype')) expect(text).not.toMatch(/<script>alert|<img src=x/);
  });

  it('is no markup in Markdown', () => {
    const page = micromark(markdownChangeSets(outcomes), {
      allowDangerousHtml: true,
      extensions: [gfm()],
      htmlExtensions: [gfmHtml()],
    });
    expect(page).not.toMatch(/<script|<!-- x|<img|href="javascript/);
  });

  it('is one cell in CSV, and no formula', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('=', '+', '-', '@', '\t', ''),
        (text, sign) => {
          const item = { ...checklistItem, title: `${sign}${text}` };
          const [, row = ''] = checklistCsv([{ root: 'r', items: [item] }]).split('\r\n');
          const [, cell = ''] = /^r,("(?:[^"]|"")*"|[^,"]*),open,/.exec(row) ?? [];
          const value = cell.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
          expect(row).toMatch(/^r,/);
          expect(value).not.toMatch(/^[=+\-@\t\r]/);
        },
      ),
    );
  });
});

describe('a text in quotes', () => {
  it('is what it was to TOML, and shows nothing raw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(deceives(quotedText(text))).toEqual([]);
        expect(parseToml(`a = ${quotedText(text)}`)).toEqual({ a: text.replaceAll(/\p{Cs}/gu, '\ufffd') });
      }),
    );
    expect(quotedText(everything)).not.toMatch(/\n/);
  });
});

describe('credentials in a diff', () => {
  const template = `Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: python3.13
      Role: arn:aws:iam::111122223333:role/own
      Code: {S3Bucket: code, S3Key: report.zip}
      Environment:
        Variables:
          DB_PASSWORD: canary-password
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}
`;
  let folder = '';
  let path = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-sinks-'));
    path = join(folder, 'template.yaml');
    writeFileSync(path, template);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are masked on a screen, which says so, and are in what git apply takes', async () => {
    const words = [path, '--format', 'diff'];
    const onScreen = await runInProcess(words, { terminal: { isTerminal: true } });
    expect(onScreen.data).toContain('••••');
    expect(onScreen.data).not.toContain('canary');
    expect(onScreen.data).toMatch(/^credentials are masked/);
    const piped = await runInProcess(words);
    expect(piped.data).toContain('canary-password');
    expect(piped.data).toMatch(/^--- a\//);
  });

  it('are masked in what explain shows', async () => {
    const { data } = await runInProcess(['explain', 'log-retention', path, '--finding', 'Logs']);
    expect(data).toContain('RetentionInDays');
    expect(data).not.toContain('canary');
  });
});
