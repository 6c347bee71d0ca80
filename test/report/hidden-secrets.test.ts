import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdpFixPlugin } from '../../src/cdk.js';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import { maskSecrets } from '../../src/report/mask.js';
import { formats } from '../../src/report/reports.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';
import { give, missing, openWizard, picked, program, start, typed } from '../wizard/sessions.js';

/** Every way a template can have a credential written out, each beside something that is changed. */
const template = `Parameters:
  Hidden: {Type: String, NoEcho: true, Default: canary-hidden-default}
  Folded:
    Type: String
    NoEcho: 'true'
    Default: >-
      canary folded
      hidden default
  DbPassword: {Type: String, Default: canary-open-default}
  Stage: {Type: String, Default: prod}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: [codebuild.amazonaws.com, lambda.amazonaws.com]}, Action: sts:AssumeRole}]}
  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      ServiceRole: !GetAtt Role.Arn
      Artifacts: {Type: NO_ARTIFACTS}
      Source: {Type: NO_SOURCE, BuildSpec: '{}'}
      Environment:
        Type: LINUX_CONTAINER
        ComputeType: BUILD_GENERAL1_SMALL
        Image: aws/codebuild/standard:7.0
        EnvironmentVariables:
          - Name: TOKEN
            Value: canary-token
          - Name: LOGIN_SECRET
            Value: !Ref Hidden
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: python3.13
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: code, S3Key: report.zip}
      Environment:
        Variables:
          URL: postgres://admin:canary-in-a-url@database # it was canary-password once
          DB_PASSWORD: canary-password
          OTHER_PASSWORD: "canary \\"quoted\\" \\x63anary"
          API_TOKEN: !If [IsProd, canary-if-prod, 'canary-if''test']
          SIGNING_KEY: !Join ['-', [canary-joined, !Ref Stage]]
          CLIENT_SECRET: !Sub 'canary-sub-\${Stage}'
          ACCESS_KEY: |
            canary literal
            of two lines
          SETTINGS: '{"user": "admin", "password": "canary-in-json"}'
          OPTIONS: --verbose --api-key=canary-as-an-option
          PEM: |
            -----BEGIN PRIVATE KEY-----
            canaryMIIEvQIBADANBgkqhkiG9w0BAQEFAASC
            -----END PRIVATE KEY-----
          ID: AKIACANARYCANARYCANA
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      MasterUsername: admin
      MasterUserPassword: canary-master
  Other: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, MasterUsername: admin, MasterUserPassword: !Ref Hidden}}
  Stored: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: '{"password":"canary-stored"}'}}
  Listed: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /app/db-password, Value: canary-listed}}
  Machine:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: ami-0123456789abcdef0
      UserData: !Base64 |
        #!/bin/sh
        export DB_PASSWORD="canary-exported"
        ADMIN_PASSWORD=canary-assigned run
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - Name: web
          Image: web
          Environment: [{Name: APP_SECRET, Value: canary-container}]
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://example.com/a.yaml, Parameters: {AdminPassword: canary-passed-on}}}
  Queue: {Type: AWS::SQS::Queue}
`;

/** No letter of a credential is left, in whatever way it is written. */
const canary = /canary|\\x63anary|of two lines|hidden default|MIIEvQ/i;

describe('credentials in a template', () => {
  let folder = '';
  let path = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-secrets-'));
    path = join(folder, 'template.yaml');
    writeFileSync(path, template);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...words: readonly string[]) => runInProcess([...words, path]);

  it('are masked wherever they stand, in YAML and JSON, and all else is left', () => {
    const masked = maskSecrets(template);
    expect(masked).not.toMatch(canary);
    expect(masked.length).toBe(template.length);
    const left = (text: string) =>
      text.split('\n').filter((line) => !/•|-----/.test(line) && !canary.test(line));
    expect(left(masked)).toEqual(left(template));
    const json = JSON.stringify(readDocument(decodeSource('a.yaml', Buffer.from(template))).value, null, 2);
    expect(maskSecrets(json)).not.toMatch(canary);
    expect(maskSecrets(json.replaceAll('\n', '')).length).toBe(json.replaceAll('\n', '').length);
    expect(
      maskSecrets('Outputs: {Password: {Value: !Ref Password}, TokenUrl: {Value: https://example.com}}'),
    ).not.toContain('•');
  });

  // A diff on a pipe is for `git apply`, and has the lines of the template that are around a change.
  it.each(formats.filter((format) => format !== 'diff'))('are not in a report as %s', async (format) => {
    const { data, notes } = await run('--include', 'review', '--verbose', '--format', format);
    expect(data + notes).not.toMatch(canary);
    // What the CDK gets is for templates of an app.
    if (!format.startsWith('cdk')) expect(data).not.toBe('');
  });

  it('are not in a diff on a screen', async () => {
    const { data } = await runInProcess([path, '--include', 'review', '--format', 'diff'], {
      terminal: { isTerminal: true },
    });
    expect(data).toContain('credentials are masked on a screen');
    expect(data).not.toMatch(canary);
  });

  it.each([
    ['secrets-in-configuration', 'Function'],
    ['secrets-in-configuration', 'Other'],
    ['lambda-environment-encryption', 'Function'],
    ['codebuild-encryption', 'Build'],
    ['multi-az', 'Database'],
  ])('are not in what explain %s has on %s', async (id, logicalId) => {
    const { data } = await run('explain', id, '--finding', logicalId);
    expect(data).toContain(logicalId);
    expect(data).not.toMatch(canary);
  });

  it.each(['text', 'markdown', 'csv', 'json'])('are not in a checklist as %s', async (format) => {
    const { data, notes } = await run('checklist', '--format', format);
    expect(data + notes).not.toMatch(canary);
  });

  it('are not in a baseline', async () => {
    const written = join(folder, 'baseline.json');
    await run('--write-baseline', written);
    expect(readFileSync(written, 'utf8')).not.toMatch(canary);
  });

  it('are not in the record of a fleet', () => {
    const { stdout } = spawnSync(process.execPath, [program, 'fleet', '--format', 'ndjson', path], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('"Database"');
    expect(stdout).not.toMatch(canary);
  });

  it('are not in what an app of the CDK is shown', () => {
    const { idpFixPlugin }: { idpFixPlugin: () => IdpFixPlugin } = createRequire(import.meta.url)(
      join(projectFolder, 'dist', 'cdk.cjs'),
    );
    const shown = JSON.stringify(idpFixPlugin().validate({ templatePaths: [path] }));
    expect(shown).toContain('"Database"');
    expect(shown).not.toMatch(canary);
  });

  it('are not in what an agent is answered', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const ended = runInProcess(['mcp', folder], { wire: { input, output } });
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StdioServerTransport(output, input));
    const { content } = await client.callTool({
      name: 'diff',
      arguments: { templates: [path], include_review: true },
    });
    expect(JSON.stringify(content)).toContain('Database:');
    expect(JSON.stringify(content)).not.toMatch(canary);
    await client.close();
    input.end();
    await ended;
  });

  it.skipIf(missing)('are on no screen of the wizard, nor in what it keeps', async () => {
    const session = openWizard(folder, ['wizard', 'template.yaml']);
    await give(session, [
      ...start,
      picked('Which KMS key', 'Key'),
      typed('How many executions'),
      picked('Answer', 'later'),
      picked('Which changes?', 'look at a change'),
      picked('Which change?', 'lambda-reserved'),
      picked('Which changes?', 'tick all'),
      picked('Which changes?', 'go on'),
      picked('What now?', 'show the exact diff'),
    ]);
    await session.waitForLine('? What now?');
    const progress = readFileSync(join(folder, '.idp-fix-wizard.json'), 'utf8');
    await session.choose('What now?', 'leave');
    await session.waitForEnd();
    const seen = session.lines().join('\n');
    expect(seen).toContain('Database');
    expect(seen).not.toMatch(canary);
    expect(progress).not.toMatch(canary);
  });

  it('are not in a comparison with another release', async () => {
    const other = join(folder, 'other.yaml');
    writeFileSync(
      other,
      template.replaceAll('canary', 'canary2').replace('Engine: mysql', 'Engine: postgres'),
    );
    const { data } = await run('compare', other);
    expect(data).not.toMatch(canary);
  });

  it('are in no report where they are taken for a function or a comment', async () => {
    const odd = join(folder, 'odd.yaml');
    writeFileSync(
      odd,
      template
        .replace('DB_PASSWORD: canary-password', 'DB_PASSWORD: !canary-password')
        .replace('OTHER_PASSWORD: ', 'OTHER_PASSWORD: #canary\n            '),
    );
    for (const format of ['text', 'html', 'sarif']) {
      const { data } = await runInProcess([odd, '--include', 'review', '--verbose', '--format', format]);
      expect(data).not.toMatch(canary);
      expect(data).toContain('Database');
    }
  });

  it('are not in what is said about a template that cannot be read', async () => {
    for (const broken of [
      template.replace('canary-master', '"canary-master'),
      template.replace('NoEcho: true, Default', 'NoEcho: true Default'),
      template.replace('DB_PASSWORD: canary-password', 'DB_PASSWORD: canary-password: x'),
      template.replace('canary-password\n', '*canary-password\n'),
    ]) {
      writeFileSync(join(folder, 'broken.yaml'), broken);
      const { exitCode, data, notes } = await runInProcess([join(folder, 'broken.yaml')]);
      expect(exitCode).toBe(2);
      expect(data + notes).not.toMatch(canary);
    }
  });
});
