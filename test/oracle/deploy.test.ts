import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awsValidate, installTools, validate } from './tools.js';

// The templates that this project deploys itself, by the judges of everyone else's.

const templates = ['template.yaml', 'member-role.yaml'].map((name) =>
  join(import.meta.dirname, '..', '..', 'deploy', 'fleet', name),
);
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-deploy-'));
beforeAll(installTools);
afterAll(() => rmSync(folder, { recursive: true }));

it.each(templates)(
  '%s is taken by SAM, and cfn-lint has nothing to say about what that makes of it',
  (template) => {
    expect(validate(template, join(folder, 'translated.json'))).toEqual([]);
  },
);

it.each(templates)('%s is taken by the validator of AWS', (template) => {
  expect(awsValidate(template)).toEqual([]);
});
