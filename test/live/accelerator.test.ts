import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { isEqual } from '../../src/document/value.js';
import { projectFolder } from '../cli/run-in-process.js';
import { treeOf } from '../template/trees.js';
import { packageAccelerator } from './accelerator/package.js';
import { account, idpFix } from './account.js';

const endpoint = inject('standIn') ?? '';
const source = join(projectFolder, '..', 'shared', 'data', 'idp-v0.3.4');
const isThere = existsSync(source);
if (!isThere) console.log(`passed over the accelerator's change set: there is no ${source}`);

const bucket = 'accelerator-artifacts';
const stack = 'IDP';

describe.skipIf(endpoint === '' || !isThere)("the accelerator's main template as a change set", () => {
  const aws = account(endpoint);
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-accelerator-'));
    // Without a template, records lie in the folder one works in.
    process.chdir(folder);
    await aws.bucket(bucket);
    const { url } = await packageAccelerator(source, bucket, aws);
    const project = 'arn:aws:bedrock:us-east-1:000000000000:data-automation-project/stub';
    const parameters = {
      AdminEmail: 'jdoe@example.com',
      Pattern1BDAProjectArn: project,
      DocumentKnowledgeBase: 'DISABLED',
    };
    const Parameters = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    }));
    await aws.createStack(stack, { url }, { Parameters });
  });
  afterAll(() => {
    process.chdir(tmpdir());
    rmSync(folder, { recursive: true, force: true });
  });

  const create = (...words: string[]) =>
    idpFix(endpoint, [
      'change-set',
      'create',
      '--stack',
      stack,
      '--bucket',
      bucket,
      '--format',
      'json',
      ...words,
    ]);
  const known = (action: string, name: string, ...words: string[]) =>
    idpFix(endpoint, ['change-set', action, name, '--stack', stack, ...words]);

  it('has all that the plan changes, and nothing that no patch asks for', async () => {
    const before = await aws.keys(bucket);
    const made = await create();
    expect(made.exitCode, made.notes).toBe(0);
    const record = JSON.parse(made.data) as ChangeSetRecord;
    expect(record.source).toBe('deployed');
    expect(record.changes.filter(({ surprise }) => surprise !== null)).toEqual([]);
    expect(record.changes.filter(({ remediations }) => remediations.length === 0)).toEqual([]);
    expect(record.uploads.map(({ key }) => key.split('/').pop()).sort()).toEqual([
      'IDP.template',
      'PATTERN1STACK.template',
    ]);

    const listed = new Set(record.changes.map(({ logicalId }) => logicalId));
    const changed = await differing(record.name);
    expect(changed.length).toBeGreaterThan(40);
    expect(changed.filter((id) => !listed.has(id))).toEqual([]);

    const shown = await known('show', record.name);
    expect(shown.exitCode, shown.notes).toBe(0);
    const rejected = await known('reject', record.name);
    expect(rejected.exitCode, rejected.notes).toBe(0);
    expect(await aws.keys(bucket)).toEqual(before);
  });

  it('is executed, and the stack has it', async () => {
    const made = await create('--only', 'codebuild-encryption');
    expect(made.exitCode, made.notes).toBe(0);
    const { name } = JSON.parse(made.data) as ChangeSetRecord;
    const expected = await submitted(name);
    const done = await known('execute', name, '--confirm', stack);
    expect(done.exitCode, done.notes).toBe(0);
    expect(await aws.status(stack)).toBe('UPDATE_COMPLETE');
    expect(await aws.template(stack)).toBe(expected);
  });

  // The stand-in cannot update a nested stack whose template reads the ARN of a role that stays as it is.
  it('ends at the nested stack, and says where and why', async () => {
    const made = await create('--only', 'log-retention');
    expect(made.exitCode, made.notes).toBe(0);
    const { name } = JSON.parse(made.data) as ChangeSetRecord;
    const done = await known('execute', name, '--confirm', stack);
    expect(done.exitCode).toBe(4);
    expect(done.notes).toContain(
      'first cause: PATTERN1STACK: Requested attribute Arn does not exist in schema for AWS::IAM::Role',
    );
    expect(done.notes).toContain('aws cloudformation continue-update-rollback');
    expect(JSON.parse((await known('show', name, '--format', 'json')).data)).toMatchObject({
      state: 'failed',
    });
  });

  async function submitted(name: string): Promise<string> {
    const { TemplateBody = '' } = await aws.cloudFormation.send(
      new GetTemplateCommand({ StackName: stack, ChangeSetName: name, TemplateStage: 'Original' }),
    );
    return TemplateBody;
  }

  /** Resources that say something else in the submitted template than in the deployed one. */
  async function differing(name: string): Promise<readonly string[]> {
    const resources = (text: string) => treeOf({ 'template.yaml': text }).root.template.resources;
    const [deployed, wanted] = [resources(await aws.template(stack)), resources(await submitted(name))];
    const ids = new Set([...deployed.keys(), ...wanted.keys()]);
    return [...ids].filter((id) => !isEqual(deployed.get(id)?.body, wanted.get(id)?.body)).sort();
  }
});
