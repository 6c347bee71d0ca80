import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { amendmentsOf, type Draft, emptyDraft, withSetting } from '../../src/cli/wizard/context.js';
import { askingFor } from '../../src/cli/wizard/decisions.js';
import { decodeSource } from '../../src/document/source.js';
import { buildPlan } from '../../src/plan/build.js';
import { amendPolicy } from '../../src/policy/amend.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Question, Remediation } from '../../src/remediation.js';
import { parseCases } from '../../src/testing/cases.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { templateOf } from './sessions.js';

const policiesFolder = join(import.meta.dirname, '..', '..', 'policies');
const presets = Object.fromEntries(
  readdirSync(policiesFolder).map((name) => [
    `policies/${name}`,
    readFileSync(join(policiesFolder, name), 'utf8'),
  ]),
);

async function policyOf(text: string) {
  const files = memoryFiles({ ...presets, 'p.yaml': text === '' ? '{}' : text });
  return loadPolicy(files, { remediations, policiesFolder: 'policies' }, { named: 'p.yaml', folder: '.' });
}

async function planOf(templates: Readonly<Record<string, string>>, text: string) {
  const policy = await policyOf(text);
  return buildPlan(treeOf(templates), policy, remediations, {
    version: '0',
    today: '2026-01-01',
    includeReview: true,
  });
}

async function openKeys(
  templates: Readonly<Record<string, string>>,
  text: string,
): Promise<readonly string[]> {
  const { document } = await planOf(templates, text);
  const findings = document.stacks.flatMap((stack) => stack.findings);
  return [...new Set(findings.flatMap(({ decidedBy }) => decidedBy))].sort();
}

const keyOf = ({ id }: Remediation, { path }: Question) => `remediations.${id}.${path[0]}`;

/** The first choice that decides something, or the example. */
function sampleAnswer({ choices, example }: Question): string {
  return choices === undefined ? (example ?? '') : (Object.keys(choices)[1] ?? '');
}

const asked = remediations.flatMap((unit) =>
  (unit.questions ?? []).map((question) => [unit, question] as const),
);

describe('the questions of remediations', () => {
  it.each(asked.map(([unit, question]) => [keyOf(unit, question), unit, question] as const))(
    '%s: can be answered as its schema wants',
    (_, { target }, question) => {
      expect(question.ask).toMatch(/^[A-Z].*\?$/);
      expect(question.ask.length).toBeLessThan(70);
      const asking = askingFor(target, question, undefined);
      const sample = sampleAnswer(question);
      expect(sample).not.toBe('');
      expect(() => asking.read(sample)).not.toThrow();
      if (asking.question.kind === 'text') {
        expect(asking.question.problemWith(sample)).toBeUndefined();
        // Enter alone leaves it open.
        expect(asking.question.problemWith('')).toBeUndefined();
      } else
        for (const value of Object.keys(question.choices ?? {}))
          expect(() => asking.read(value)).not.toThrow();
    },
  );

  it('refuse what the schema refuses, and say why', () => {
    const [unit] = remediations.filter(({ questions = [] }) =>
      questions.some(({ path }) => path[0] === 'countries'),
    );
    const question = unit?.questions?.find(({ path }) => path[0] === 'countries');
    if (unit === undefined || question === undefined) throw new Error('no such question');
    const asking = askingFor(unit.target, question, ['DE']).question;
    expect(asking).toMatchObject({ kind: 'text', preset: 'DE' });
    expect(asking.kind === 'text' && asking.problemWith('DE, Norway')).toBe(
      'Norway: a country is two capital letters of ISO 3166-1, as in US',
    );
  });

  it('are there for every field that a finding waits for', async () => {
    const folder = join(import.meta.dirname, '..', '..', 'remediations');
    // The wizard asks for the key by itself: it belongs to no remediation.
    const known = new Set(['encryption.key', ...asked.map(([unit, question]) => keyOf(unit, question))]);
    const waiting = new Set<string>();
    for (const { id } of remediations) {
      for (const { policy, templates } of parseCases(readFileSync(join(folder, id, 'cases.md'), 'utf8'))
        .cases) {
        for (const key of await openKeys(templates, policy)) waiting.add(key);
      }
    }
    expect([...waiting].filter((key) => !known.has(key))).toEqual([]);
    // Each unit that leaves something open has a case that shows it.
    expect(
      remediations
        .filter(
          ({ id, questions }) =>
            (questions !== undefined) !== [...waiting].some((key) => key.startsWith(`remediations.${id}.`)),
        )
        .map(({ id }) => id),
    ).toEqual([]);
  });

  it.each(
    remediations.filter(({ undecided }) => undecided !== undefined).map((unit) => [unit.id, unit] as const),
  )('%s: decide what it calls undecided', async (id, unit) => {
    const before = (await policyOf('')).target(id);
    expect(unit.undecided?.(before)).toBeTypeOf('string');
    const answered = saved(
      unit.questions?.reduce((draft, question) => answering(unit, question, draft), emptyDraft),
    );
    expect(unit.undecided?.((await policyOf(answered)).target(id))).toBeUndefined();
  });

  it('decide all that waits for them', async () => {
    const templates = { 'template.yaml': templateOf(import.meta.dirname) };
    const open = await openKeys(templates, '');
    expect(open.length).toBeGreaterThan(5);
    const draft = asked
      .filter(([, { path }]) => path[0] !== 'reachable')
      .reduce(
        (sofar, [unit, question]) => answering(unit, question, sofar),
        withSetting(emptyDraft, ['encryption', 'key'], 'create'),
      );
    // What functions reach is asked when it is known that they move inside.
    expect(await openKeys(templates, saved(draft))).toEqual(['remediations.lambda-vpc.reachable']);
  });
});

function answering(unit: Remediation, question: Question, draft: Draft): Draft {
  const value = askingFor(unit.target, question, undefined).read(sampleAnswer(question));
  return withSetting(draft, ['remediations', unit.id, ...question.path], value);
}

function saved(draft: Draft = emptyDraft): string {
  return amendPolicy(decodeSource('p.yaml', new Uint8Array()), amendmentsOf(draft));
}
