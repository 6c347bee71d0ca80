import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { account } from '../account.js';
import { standInPython } from '../start-stand-in.js';

const here = import.meta.dirname;
const translator = join(here, '..', '..', 'oracle', 'translate.py');
const stub = join(here, 'stub-function.py');

/** What `sam package` and the accelerator's own publishing make of its templates, with stubs for all code. */
export interface Packaged {
  readonly template: string;
  /** Where it lies. */
  readonly url: string;
}

/**
 * Packages the accelerator for the stand-in. It differs from the original in what the stand-in cannot do, and in nothing
 * else: see docs/change-sets.md.
 */
export async function packageAccelerator(
  folder: string,
  bucket: string,
  aws: ReturnType<typeof account>,
): Promise<Packaged> {
  const zip = stubZip();
  // Where the translator puts what it packages.
  await aws.bucket('packages');
  for (const place of [bucket, 'packages']) await aws.put(place, 'code.zip', zip);
  const machine = '{"StartAt": "Stub", "States": {"Stub": {"Type": "Pass", "End": true}}}';
  await aws.put('packages', 'machine.json', machine);
  await aws.put(bucket, 'schema.graphql', 'type Query { stub: String }\n');
  const nested = await aws.put(
    bucket,
    'pattern-1.json',
    translated(join(folder, 'patterns', 'pattern-1', 'template.yaml')),
  );
  const template = adapted(readFileSync(join(folder, 'template.yaml'), 'utf8'), bucket, nested);
  return { template, url: await aws.put(bucket, 'template.yaml', template) };
}

function adapted(text: string, bucket: string, nested: string): string {
  const tokens: Readonly<Record<string, string>> = {
    ARTIFACT_BUCKET_TOKEN: bucket,
    ARTIFACT_PREFIX_TOKEN: 'idp',
    CONFIG_FILES_LIST_TOKEN: '[]',
    WEBUI_ZIPFILE_TOKEN: 'ui.zip',
    PUBLIC_SAMPLE_UDOP_MODEL: 's3://models/udop.tar.gz',
  };
  return (
    text
      .replaceAll(/<([A-Z_]+)>/g, (_, token: string) => tokens[token] ?? 'stub')
      .replaceAll(/CodeUri: (?:\.\/)?src\/\S+/g, `CodeUri: s3://${bucket}/code.zip`)
      .replaceAll(/DefinitionS3Location: \.\/\S+/g, `DefinitionS3Location: s3://${bucket}/schema.graphql`)
      .replaceAll(/TemplateURL: \.\/\S+/g, `TemplateURL: ${nested}`)
      .replaceAll(/^( +)InlineCode: \|\n(?:\1 +.*\n|\s*\n)+/gm, `$1CodeUri: s3://${bucket}/code.zip\n`)
      // The stand-in has neither type.
      .replaceAll(
        /Type: AWS::Cognito::UserPool(?:User|UserToGroupAttachment)$/gm,
        'Type: AWS::CloudFormation::WaitConditionHandle',
      )
      // It makes `True` of an unquoted `true`.
      .replaceAll(/^( +(?:Default:|-) )(true|false)$/gm, "$1'$2'")
  );
}

/** The stand-in does not transform nested templates. */
function translated(path: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-translated-'));
  try {
    const target = join(folder, 'template.json');
    execFileSync(standInPython, [translator, path, target], { stdio: 'pipe' });
    return readFileSync(target, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stubZip(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-stub-'));
  try {
    const target = join(folder, 'code.zip');
    writeFileSync(join(folder, 'index.py'), readFileSync(stub));
    execFileSync(standInPython, ['-m', 'zipfile', '-c', target, join(folder, 'index.py')], { stdio: 'pipe' });
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
