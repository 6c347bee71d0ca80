import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const template = `Parameters:
  Hidden: {Type: String, NoEcho: true, Default: canary-hidden-default}
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
          URL: postgres://admin:canary-in-a-url@database
          DB_PASSWORD: canary-password
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      MasterUsername: admin
      MasterUserPassword: canary-master
`;

const formats = ['text', 'json', 'html', 'markdown', 'patch', 'sarif', 'junit', 'github', 'gitlab'];

/** The template itself has them, and so has a diff that is to be applied to it (\`--format diff\`); no other report has. */
describe('credentials in a template', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-secrets-'));
    writeFileSync(join(folder, 'template.yaml'), template);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(formats)('are not in a report as %s', (format) => {
    const main = join(import.meta.dirname, '../../dist/main.js');
    const args = [main, 'template.yaml', '--include', 'review', '--format', format];
    let output = '';
    try {
      output = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      output = String((error as { readonly stdout?: unknown }).stdout);
    }
    expect(output).toContain(format === 'patch' ? 'multi-az@' : 'secrets-in-configuration');
    expect(output).not.toContain('canary');
  });
});
