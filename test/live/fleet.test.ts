import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';
import { standInPython } from './start-stand-in.js';

// deploy/fleet, deployed by the CloudFormation of the stand-in and run by its Step Functions, with the built function,
// under the permissions of the template. What the machine finds is held against `idp-fix fleet` on the same files.

const endpoint = inject('standIn') ?? '';

/** The template, with its code in a bucket, and without two resources that the stand-in cannot have. */
function deployable(): string {
  const text = readFileSync(join(projectFolder, 'deploy', 'fleet', 'template.yaml'), 'utf8');
  const without = (logicalId: string, of: string) =>
    of.replace(new RegExp(`^  ${logicalId}:\\n(?: {4}.*\\n|\\n)+`, 'm'), '');
  // The stand-in knows no alarm on metric math, and speaks HTTP only, which the policy of the bucket forbids.
  return without('PlannerErrorsAlarm', without('ResultsPolicy', text))
    .replace('CodeUri: code/', 'CodeUri: s3://code/code.zip')
    .replace('DefinitionUri: fleet.asl.json', 'DefinitionUri: s3://code/fleet.asl.json');
}

interface Told {
  readonly outputs: { readonly ResultsBucket: string };
  readonly status: string;
  readonly output: string | null;
  readonly cause: string | null;
  /** Of each Map Run, all and those that ended well. */
  readonly items: readonly (readonly [number, number])[];
}

describe.skipIf(endpoint === '')('a fleet on Step Functions', () => {
  const s3 = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'test' },
  });
  let folder = '';
  const at = (...names: readonly string[]) => join(folder, ...names);
  const put = (Bucket: string, Key: string, Body: string | Uint8Array) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const get = async (Bucket: string, Key: string) =>
    (await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-fleet-'));
    const installed = at('code', 'node_modules', 'idp-fix');
    mkdirSync(installed, { recursive: true });
    for (const name of ['dist', 'policies', 'package.json'])
      cpSync(join(projectFolder, name), join(installed, name), { recursive: true });
    rmSync(join(installed, 'dist', 'dev'), { recursive: true });
    execFileSync(standInPython, ['-m', 'zipfile', '-c', at('code.zip'), 'node_modules'], { cwd: at('code') });
    for (const Bucket of ['code', 'templates', 'many', 'none'])
      await s3.send(new CreateBucketCommand({ Bucket }));
    await put('code', 'code.zip', readFileSync(at('code.zip')));
    await put(
      'code',
      'fleet.asl.json',
      readFileSync(join(projectFolder, 'deploy', 'fleet', 'fleet.asl.json')),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('plans each root template with the policy beside it, and sums up as the command line does', async () => {
    await upload('templates', 'templates', {
      'a/template.yaml': logs('30'),
      'b/parent.yaml':
        'Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: child.yaml}\n',
      'b/child.yaml': logs('7'),
      'c/broken.yaml': 'Resources:\n  Logs: {Type: AWS::Logs::LogGroup\n',
      'c/notes.json': '{"not": "a template"}',
      'idp-fix.policy.yaml':
        'extends: production\nremediations:\n  log-retention: {ranges: {application: {minimumDays: 30, maximumDays: 400}}}\n',
    });
    const told = fleet({ TemplatesBucket: 'templates' });
    expect(told).toMatchObject({ cause: null, status: 'SUCCEEDED', items: [[3, 3]] });
    const bucket = told.outputs.ResultsBucket;
    const disk = commandLine('templates', '/templates');
    const summary = JSON.parse(await get(bucket, 'run/summary.json'));
    expect(summary).toEqual(JSON.parse(disk('json')));
    expect(summary).toMatchObject({ roots: { planned: 2, failed: 1 } });
    expect(JSON.parse(told.output ?? '')).toMatchObject({ roots: { planned: 2, failed: 1 } });
    for (const [index, line] of disk('ndjson').trim().split('\n').entries()) {
      const plan = await get(bucket, `run/plans/${String(index).padStart(7, '0')}.json`);
      expect(JSON.parse(plan)).toEqual(JSON.parse(line));
    }
    // The columns are as wide as the longest path.
    const words = (text: string) => text.replaceAll(/ +/g, ' ');
    expect(words(await get(bucket, 'run/summary.txt'))).toBe(words(disk('text')));
  });

  it('goes on when the function fails at a template, and names it', async () => {
    const Bucket = fleet({ TemplatesBucket: 'templates' }, 'before').outputs.ResultsBucket;
    const Statement = [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${Bucket}/denied/plans/*1.json`,
      },
    ];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    const told = fleet({ TemplatesBucket: 'templates' }, 'denied');
    expect(told).toMatchObject({ status: 'SUCCEEDED', items: [[3, 3]] });
    expect(JSON.parse(await get(Bucket, 'denied/summary.json'))).toMatchObject({
      roots: { planned: 1, failed: 2 },
      failures: [
        { root: '/templates/templates/b/parent.yaml', code: 'defect' },
        { root: '/templates/templates/c/broken.yaml', code: 'template-unparseable' },
      ],
    });
  });

  it('fails with the folder where there is no template', async () => {
    const told = fleet({ TemplatesBucket: 'none' });
    expect(told).toMatchObject({ status: 'FAILED', items: [] });
    expect(told.cause).toContain('/none/templates: there is no template in this folder');
  });

  // As a part of `npm test`, fewer.
  const many = process.env.FAULT_STRIDE === '1' ? 200 : 20;

  it(`plans ${many} templates`, async () => {
    const templates = Array.from({ length: many }, (_, index): [string, string] => [
      `${String(index % 20).padStart(2, '0')}/${String(index).padStart(3, '0')}.yaml`,
      logs(String([1, 30, 365, 400][index % 4])),
    ]);
    await upload('many', 'templates', Object.fromEntries(templates));
    const told = fleet({ TemplatesBucket: 'many', Policy: 'production' });
    expect(told).toMatchObject({ cause: null, status: 'SUCCEEDED', items: [[many, many]] });
    const disk = commandLine('many', '/many', '--policy', 'production');
    expect(await get(told.outputs.ResultsBucket, 'run/summary.json')).toBe(disk('json'));
  });

  it('plans the stacks of accounts, and names an account that does not let it', async () => {
    const member = readFileSync(join(projectFolder, 'deploy', 'fleet', 'member-role.yaml'), 'utf8');
    const url = `${endpoint}/code/build/child.yaml`;
    await put('code', 'build/child.yaml', logs('7'));
    const parameters = { CentralAccount: '000000000000', OrganizationId: 'ORGANIZATION' };
    const role = { name: 'reader', template: member, parameters };
    const nesting = `Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: "${url}"}\n`;
    const told = fleet({ Accounts: '000000000000,111122223333,444455556666' }, 'run', [
      role,
      { ...role, account: '111122223333' },
      { name: 'app', account: '111122223333', template: logs('1') },
      { name: 'nesting', template: nesting },
    ]);
    expect(told).toMatchObject({ cause: null, status: 'SUCCEEDED' });
    const bucket = told.outputs.ResultsBucket;
    await download(bucket, 'run/stacks/');
    const disk = commandLine(join(bucket, 'run', 'stacks'), `/${bucket}/run/stacks`);
    const { failures, roots, ...counts } = JSON.parse(await get(bucket, 'run/summary.json'));
    const because =
      'the caller may not do sts:AssumeRole on arn:aws:iam::444455556666:role/idp-fix-fleet-reader';
    expect(failures).toEqual([
      { root: 'stacks/444455556666/us-east-1', code: 'aws-denied', message: because },
    ]);
    const { roots: gathered, ...own } = JSON.parse(disk('json'));
    expect({ ...counts, failures: [] }).toEqual(own);
    expect(roots).toEqual({ planned: gathered.planned, failed: 1 });
    const lines = disk('ndjson').trim().split('\n');
    const stacks = Object.fromEntries(
      lines
        .map((line) => JSON.parse(line))
        .map(({ root, plan }) => [root.split('/').slice(4).join('/'), plan.stacks.length]),
    );
    expect(stacks).toMatchObject({
      '000000000000/us-east-1/nesting/template.yaml': 2,
      '111122223333/us-east-1/app/template.yaml': 1,
    });
  });

  /** Deploys the stack for these parameters where it is not there yet, and runs it. */
  function fleet(
    parameters: Readonly<Record<string, string>>,
    run = 'run',
    before: readonly object[] = [],
  ): Told {
    const name = `fleet-${Object.values(parameters)[0]?.slice(0, 9)}`;
    const own = { name, template: deployable(), parameters: { ...parameters, Email: 'ops@example.com' } };
    const input = JSON.stringify({ endpoint, stacks: [...before, own], run });
    const script = join(import.meta.dirname, 'run-fleet.py');
    return JSON.parse(execFileSync(standInPython, [script], { input, encoding: 'utf8' }));
  }

  /** To a bucket, and to the disk. */
  async function upload(
    bucket: string,
    prefix: string,
    templates: Readonly<Record<string, string>>,
  ): Promise<void> {
    for (const [name, text] of Object.entries(templates)) {
      write(join(bucket, prefix, name), text);
      await put(bucket, `${prefix}/${name}`, text);
    }
  }

  async function download(bucket: string, Prefix: string): Promise<void> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
    for (const { Key = '' } of Contents) write(join(bucket, Key), await get(bucket, Key));
  }

  function write(name: string, text: string): void {
    mkdirSync(dirname(at('disk', name)), { recursive: true });
    writeFileSync(at('disk', name), text);
  }

  /** What `idp-fix fleet` says of the same files, with the paths they have in S3. */
  function commandLine(name: string, root: string, ...flags: readonly string[]) {
    const words = [join(projectFolder, 'dist', 'main.js'), 'fleet', at('disk', name), '--quiet', ...flags];
    return (format: string): string => {
      let stdout = '';
      try {
        stdout = execFileSync(process.execPath, [...words, '--format', format], { encoding: 'utf8' });
      } catch (error) {
        ({ stdout } = error as { stdout: string });
      }
      return stdout.replaceAll(at('disk', name), root);
    };
  }
});

function logs(days: string): string {
  return `Resources:\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: ${days}}}\n`;
}
