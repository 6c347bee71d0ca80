import { describe, expect, it } from 'vitest';
import { importsLike, readModule } from '../../src/code/modules.js';
import { memoryFiles } from '../memory-files.js';
import { readCode, shown } from './read-code.js';

const calls = `import boto3, os\ndef handler(event, context):\n    boto3.client("lambda").invoke(FunctionName=os.environ["A"])\n`;

async function read(files: Readonly<Record<string, string>>, logicalId = 'Own') {
  const code = await readCode(memoryFiles(files));
  const found = code.codeOf('template.yaml', logicalId);
  const invocations = found?.facts.filter(({ kind }) => kind === 'invocation').map(shown);
  return { invocations, isComplete: found?.isComplete, files: found?.files, notes: code.notes };
}

const own = (properties: string, rest = '') => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Own:
    Type: AWS::Serverless::Function
    Properties: ${properties}${rest}
`;

describe('where code lies', () => {
  it.each([
    ['CodeUri', '{CodeUri: code/, Handler: app.handler, Runtime: python3.13}'],
    ['CodeUri of the whole folder', '{CodeUri: ., Handler: code.app.handler, Runtime: python3.13}'],
    ['a handler with slashes', '{CodeUri: ., Handler: code/app.handler, Runtime: python3.13}'],
    ['a handler that no source file has', '{CodeUri: code, Handler: run.sh, Runtime: python3.13}'],
  ])('is found by %s', async (_name, properties) => {
    const { invocations } = await read({ 'template.yaml': own(properties), 'code/app.py': calls });
    expect(invocations).toEqual(['code/app.py:3 invokes $A RequestResponse']);
  });

  it('is beside the template that has the function', async () => {
    const files = memoryFiles({
      'template.yaml':
        'Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/t.yaml}}}',
      'nested/t.yaml': own('{CodeUri: ../code, Handler: app.handler, Runtime: python3.13}'),
      'code/app.py': calls,
    });
    const code = await readCode(files);
    expect(code.codeOf('nested/t.yaml', 'Own')?.files).toEqual(['code/app.py']);
  });

  it('is found by what CDK notes of its assets, and in the layers of a function', async () => {
    const template = `
Resources:
  Own:
    Type: AWS::Lambda::Function
    Properties:
      Code: {S3Bucket: assets, S3Key: 12ab.zip}
      Handler: app.handler
      Runtime: python3.13
      Layers: [!Ref Shared]
    Metadata: {aws:asset:path: asset.12ab, aws:asset:property: Code}
  Shared:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: {S3Bucket: assets, S3Key: 34cd.zip}}
    Metadata: {aws:asset:path: asset.34cd, aws:asset:property: Content}
`;
    const { invocations, files } = await read({
      'template.yaml': template,
      'asset.12ab/app.py': 'import shared\ndef handler(event, context):\n    shared.call("a")\n',
      'asset.34cd/python/shared.py': `import boto3\ndef call(name):\n    boto3.client("lambda").invoke(FunctionName=name, InvocationType="Event")\n`,
    });
    expect(files).toEqual(['asset.12ab/app.py', 'asset.34cd/python/shared.py']);
    expect(invocations).toEqual(['asset.34cd/python/shared.py:3 invokes a Event for asset.12ab/app.py:3']);
  });

  it('is found by the entry points that SAM has esbuild read', async () => {
    const template = own(
      '{CodeUri: ., Handler: dist/app.handler, Runtime: nodejs22.x}',
      '\n    Metadata: {BuildMethod: esbuild, BuildProperties: {EntryPoints: [source/app.ts]}}',
    );
    const { files } = await read({
      'template.yaml': template,
      'source/app.ts': `import { name } from '../shared/names';\nexport const handler = async () => name;\n`,
      'shared/names.ts': `export const name = process.env.NAME;\n`,
    });
    expect(files).toEqual(['shared/names.ts', 'source/app.ts']);
  });

  it.each([
    ['ZipFile: |', 'AWS::Lambda::Function', 'Code:\n        ZipFile: |'],
    ['a ZipFile that is substituted', 'AWS::Lambda::Function', 'Code:\n        ZipFile: !Sub |'],
    ['InlineCode', 'AWS::Serverless::Function', 'InlineCode: |'],
  ])('is in the template: %s, with the lines of the template', async (_name, type, code) => {
    const indent = code.includes('\n') ? 10 : 8;
    const text = calls
      .split('\n')
      .map((line) => (line === '' ? '' : ' '.repeat(indent) + line))
      .join('\n');
    const template = `Resources:\n  Own:\n    Type: ${type}\n    Properties:\n      Handler: index.handler\n      Runtime: python3.13\n      ${code}\n${text}`;
    const line = template.split('\n').findIndex((each) => each.includes('.invoke(')) + 1;
    const { invocations } = await read({ 'template.yaml': template });
    expect(invocations).toEqual([`template.yaml:${line} invokes $A RequestResponse`]);
  });

  it.each([
    ['in a bucket', '{CodeUri: s3://bucket/key.zip, Handler: a.b, Runtime: python3.13}'],
    ['packed', '{CodeUri: code.zip, Handler: a.b, Runtime: python3.13}'],
    ['in an image', '{PackageType: Image, ImageUri: repository:tag}'],
    ['of a language that is not read', '{CodeUri: code, Handler: a.b, Runtime: java21}'],
    ['not there', '{CodeUri: nowhere, Handler: a.b, Runtime: python3.13}'],
  ])('is not at hand when it is %s, and that is no note', async (_name, properties) => {
    const found = await read({ 'template.yaml': own(properties), 'code/app.py': calls });
    expect(found).toMatchObject({ files: undefined, notes: [] });
  });

  it('is not complete where a file does not parse, and says which line', async () => {
    const properties = '{CodeUri: code, Handler: app.handler, Runtime: python3.13}';
    const { isComplete, invocations, notes } = await read({
      'template.yaml': own(properties),
      'code/app.py': `${calls}\ndef broken(:\n    pass\n`,
    });
    expect(isComplete).toBe(false);
    expect(invocations).toEqual(['code/app.py:3 invokes $A RequestResponse']);
    expect(notes).toEqual([
      { file: 'code/app.py', because: 'line 5 does not parse; what is there is not known' },
    ]);
  });
});

describe('code without a word that facts need', () => {
  const forms: readonly (readonly [string, 'python' | 'javascript', string])[] = [
    ['one line', 'python', 'import a.b as c, d; from .e import f as g, h\nif True: import i'],
    [
      'several lines',
      'python',
      'from ..j import (\n    k,  # import later\n    l as m,\n)\nfrom . import n\nimport \\\n    o',
    ],
    ['inside', 'python', 'def run():\n    from p import *\n    try: import q\n    except ImportError: pass'],
    [
      'modules',
      'javascript',
      'import r, { s } from "./r.js";\nimport "./t.js";\nexport * from \'./u\';\nexport { v } from "../v";',
    ],
    [
      'calls',
      'javascript',
      'const { w } = require("./w");\nconst x = () => import(`./x.mjs`);\nif (w) require ( "y" );',
    ],
    ['types', 'javascript', 'import type { Z } from "./z";\nimport aa = require("./aa");'],
  ];

  it.each(forms)('is followed by all that a parser takes for an import: %s', (_name, language, text) => {
    const parsed = readModule(`forms.${language === 'python' ? 'py' : 'ts'}`, language, text).imports;
    expect(parsed.length).toBeGreaterThan(0);
    expect(importsLike(language, text)).toEqual(
      expect.arrayContaining(parsed.filter((each) => !each.endsWith('*'))),
    );
  });

  const properties = '{CodeUri: code, Handler: app.handler, Runtime: python3.13}';

  it('is not parsed, and nothing is said to be there', async () => {
    const files = {
      'template.yaml': own(properties),
      'code/app.py': 'from lib import twice\ndef handler(event, context):\n    return twice(event["n"])\n',
      'code/lib.py': 'def twice(n):\n    return 2 * n\n',
    };
    const code = (await readCode(memoryFiles(files))).codeOf('template.yaml', 'Own');
    expect(code).toMatchObject({ facts: [], invocations: [], isComplete: true, foreignModules: [] });
    expect(code?.files).toEqual(['code/app.py', 'code/lib.py']);
    expect(code?.mentions('TWICE')).toBe(true);
    const broken = await read({ ...files, 'code/lib.py': 'def twice(:\n' });
    expect(broken).toMatchObject({ isComplete: true, notes: [] });
  });

  it('is parsed where what it imports has such a word, however far away', async () => {
    const { invocations } = await read({
      'template.yaml': own(properties),
      'code/app.py':
        'from names import NAME\nfrom send import send\ndef handler(event, context):\n    send(NAME)\n',
      'code/names.py': 'NAME = "worker"\n',
      'code/send.py':
        'from client import make\ndef send(name):\n    make().invoke(FunctionName=name, InvocationType="Event")\n',
      'code/client.py': 'import boto3\ndef make():\n    return boto3.client("lambda")\n',
    });
    expect(invocations).toEqual(['code/send.py:3 invokes worker Event for code/app.py:4']);
  });
});
