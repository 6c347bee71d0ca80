import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';

// That both documents are valid, the oracle suite asks the schema of NIST: test/oracle/oscal.test.ts.

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-oscal-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const template = `Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: { KeyPolicy: { Statement: [{ Effect: Allow, Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' }] } }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { RetentionInDays: 30 }
`;
writeFileSync(at('one.yaml'), template);
writeFileSync(at('two.yaml'), template);
writeFileSync(at('fine.yaml'), 'Resources: {Topic: {Type: AWS::SNS::Topic}}\n');
writeFileSync(
  at('policy.yaml'),
  `deviations:
  - {remediation: kms-key-hygiene, reason: "rotated\\nby hand", owner: Key team, date: '2025-06-01', expires: '2026-06-30'}
  - {remediation: log-retention, reason: archived, owner: Log team, date: '2025-01-01', expires: '2025-12-31'}
`,
);
const words = (...names: readonly string[]) => [
  ...names.map(at),
  ...['--policy', at('policy.yaml'), '--only', 'kms-key-hygiene,log-retention'],
];

async function written(format: string, names: readonly string[], today = '2026-01-01') {
  const { data } = await runInProcess([...words(...names), '--format', format], { today });
  const [content] = Object.values<Content>(JSON.parse(data));
  if (content === undefined) throw new Error('the document is empty');
  return { data, content };
}

interface Content {
  readonly uuid: string;
  readonly metadata: { readonly parties: readonly Item[] };
  readonly results: readonly { readonly findings: readonly Item[]; readonly risks: readonly Item[] }[];
  readonly risks: readonly Item[];
  readonly 'poam-items': readonly Item[];
}

interface Item {
  readonly uuid: string;
  readonly title: string;
  readonly status?: unknown;
  readonly deadline?: string;
  readonly [name: string]: unknown;
}

it('has an item for each open finding, and for each exception its owner and deadline', async () => {
  const { content } = await written('oscal-poam', ['one.yaml']);
  expect(content['poam-items'].map(({ title }) => title.replace(/.*: /, ''))).toEqual(['Key', 'Logs']);
  expect(content.metadata).toMatchObject({ parties: [{ name: 'Key team' }, { name: 'Log team' }] });
  const { parties } = content.metadata;
  const [accepted, expired] = content.risks;
  expect(accepted).toMatchObject({
    status: 'deviation-approved',
    deadline: '2026-06-30T00:00:00Z',
    'risk-log': {
      entries: [
        {
          description: 'rotated by hand',
          start: '2025-06-01T00:00:00Z',
          'logged-by': [{ 'party-uuid': parties[0]?.uuid, 'role-id': 'risk-owner' }],
        },
      ],
    },
  });
  expect(expired).toMatchObject({
    status: 'open',
    deadline: '2025-12-31T00:00:00Z',
    remediations: [{ description: 'Patch log-retention@one.yaml writes it: idp-fix --apply.' }],
    'risk-log': { entries: [{ title: 'The exception has expired', 'status-change': 'open' }] },
  });
});

it('has the same identifiers from run to run and from day to day, and a new one for a new document', async () => {
  const first = await written('oscal', ['one.yaml']);
  expect((await written('oscal', ['one.yaml'])).data).toBe(first.data);
  const later = await written('oscal', ['one.yaml'], '2026-02-01');
  const ids = ({ content }: typeof first) =>
    content.results.flatMap(({ findings, risks }) => [...findings, ...risks].map(({ uuid }) => uuid));
  expect(ids(later)).toEqual(ids(first));
  expect(later.content.uuid).not.toBe(first.content.uuid);
  const poam = await written('oscal-poam', ['one.yaml']);
  expect(poam.content.risks.map(({ uuid }) => uuid)).toEqual(
    first.content.results.flatMap(({ risks }) => risks.map(({ uuid }) => uuid)),
  );
});

it('has each identifier once, with the same template twice', async () => {
  for (const format of ['oscal', 'oscal-poam']) {
    const { data } = await written(format, ['one.yaml', 'two.yaml']);
    const ids = [...data.matchAll(/"uuid": "([0-9a-f-]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
    expect(
      ids.filter(
        (id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id ?? ''),
      ),
    ).toEqual([]);
  }
});

it('says so when nothing is open', async () => {
  expect((await written('oscal-poam', ['fine.yaml'])).content['poam-items']).toMatchObject([
    { title: 'Nothing is open' },
  ]);
});
