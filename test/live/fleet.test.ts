import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import { projectFolder } from '../cli/run-in-process.js';
import { standInPython } from './start-stand-in.js';

// The state machine of deploy/fleet, with the built function, on the Step Functions, Lambda and S3 of the stand-in.

const endpoint = inject('standIn') ?? '';

/** What the template lets a role do, with the names that the resources have here. */
function statementsOf(logicalId: string): readonly object[] {
  const path = join(projectFolder, 'deploy', 'fleet', 'template.yaml');
  const { value } = readDocument(decodeSource(path, readFileSync(path)));
  const names: Readonly<Record<string, string>> = {
    ...{ 'AWS::Partition': 'aws', 'AWS::Region': 'us-east-1', 'AWS::AccountId': '000000000000' },
    ...{ TemplatesBucket: 'templates', 'Results.Arn': 'arn:aws:s3:::results', 'Fleet.Name': 'fleet' },
    Fleet: 'arn:aws:states:us-east-1:000000000000:stateMachine:fleet',
    'Planner.Arn': 'arn:aws:lambda:us-east-1:000000000000:function:planner',
    'Key.Arn': 'arn:aws:kms:us-east-1:000000000000:key/none',
  };
  const named = (name: string) => names[name] ?? `no name for ${name}`;
  const found: object[] = [];
  JSON.parse(
    JSON.stringify((value as { Resources: Record<string, object> }).Resources[logicalId]),
    (key, each) => {
      if (key === 'Fn::Sub')
        return each.replaceAll(/\$\{([^}]+)\}/g, (_: string, name: string) => named(name));
      if (key === 'Ref') return named(each);
      if (key === 'Fn::GetAtt') return named(each.join('.'));
      const [[name = '', only] = []] = Object.entries(each ?? {});
      if (['Fn::Sub', 'Ref', 'Fn::GetAtt'].includes(name)) return only;
      if (key === 'Statement') found.push(...each.filter((statement: object) => !('Principal' in statement)));
      return each;
    },
  );
  return found;
}

describe.skipIf(endpoint === '')('a fleet on Step Functions', () => {
  const s3 = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  let folder = '';
  const at = (...names: readonly string[]) => join(folder, ...names);
  const result = async (name: string) =>
    (await (
      await s3.send(new GetObjectCommand({ Bucket: 'results', Key: `run-1/${name}` }))
    ).Body?.transformToString()) ?? '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-fleet-'));
    const templates: Readonly<Record<string, string>> = {
      'a/template.yaml':
        'Resources:\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}\n',
      'b/parent.yaml':
        'Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: child.yaml}\n',
      'b/child.yaml': 'Resources:\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}\n',
      'c/broken.yaml': 'Resources:\n  Logs: {Type: AWS::Logs::LogGroup\n',
      'c/notes.json': '{"not": "a template"}',
      'idp-fix.policy.yaml':
        'extends: production\nremediations:\n  log-retention: {ranges: {application: {minimumDays: 30, maximumDays: 400}}}\n',
    };
    for (const Bucket of ['templates', 'results']) await s3.send(new CreateBucketCommand({ Bucket }));
    for (const [name, Body] of Object.entries(templates)) {
      mkdirSync(join(at('templates', 'infra'), name, '..'), { recursive: true });
      writeFileSync(at('templates', 'infra', name), Body);
      await s3.send(new PutObjectCommand({ Bucket: 'templates', Key: `infra/${name}`, Body }));
    }
    const installed = at('code', 'node_modules', 'idp-fix');
    mkdirSync(installed, { recursive: true });
    for (const name of ['dist', 'policies', 'package.json'])
      cpSync(join(projectFolder, name), join(installed, name), { recursive: true });
    rmSync(join(installed, 'dist', 'dev'), { recursive: true });
    execFileSync(standInPython, ['-m', 'zipfile', '-c', at('code.zip'), 'node_modules'], { cwd: at('code') });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('plans each root template with the policy beside it, and sums up as the command line does', async () => {
    const definition = readFileSync(
      join(projectFolder, 'deploy', 'fleet', 'fleet.asl.json'),
      'utf8',
    ).replaceAll('${ResultsBucket}', 'results');
    const variables = {
      ...{ TEMPLATES_BUCKET: 'templates', TEMPLATES_PREFIX: 'infra', RESULTS_BUCKET: 'results', POLICY: '' },
      AWS_ENDPOINT_URL: endpoint,
    };
    const words = [
      join(import.meta.dirname, 'run-fleet.py'),
      endpoint,
      at('code.zip'),
      definition,
      JSON.stringify(variables),
      JSON.stringify({
        planner: statementsOf('Planner'),
        fleet: [...statementsOf('FleetRole'), ...statementsOf('FleetMapPolicy')],
      }),
    ];
    const told = JSON.parse(execFileSync(standInPython, words, { encoding: 'utf8' }));
    expect(told.cause).toBeNull();
    expect(told).toMatchObject({ status: 'SUCCEEDED', items: [3], succeeded: [3] });
    const summary = await result('summary.json');
    // The same templates from disk.
    symlinkSync(at('templates', 'infra'), at('infra'));
    const { stdout } = fleet('--format', 'json');
    const fromDisk = stdout.replaceAll(at('infra'), '/templates/infra');
    expect(JSON.parse(summary)).toEqual(JSON.parse(fromDisk));
    expect(JSON.parse(summary)).toMatchObject({ roots: { planned: 2, failed: 1 } });
    expect(JSON.parse(told.output)).toMatchObject({ roots: { planned: 2, failed: 1 } });
    const lines = fleet('--format', 'ndjson').stdout.trim().split('\n');
    for (const [index, line] of lines.entries()) {
      const plan = await result(`plans/${String(index).padStart(7, '0')}.json`);
      expect(JSON.parse(plan)).toEqual(JSON.parse(line.replaceAll(at('infra'), '/templates/infra')));
    }
    expect(await result('summary.txt')).toContain('2 root templates planned, 1 could not be');
  });

  function fleet(...flags: readonly string[]): { readonly stdout: string } {
    try {
      return {
        stdout: execFileSync(
          process.execPath,
          [join(projectFolder, 'dist', 'main.js'), 'fleet', at('infra'), '--quiet', ...flags],
          { encoding: 'utf8' },
        ),
      };
    } catch (error) {
      return error as { stdout: string };
    }
  }
});
