import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { parse as parseJunit } from 'junit2json';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { visible } from '../../src/escape.js';
import type { PlanDocument } from '../../src/plan/document.js';
import { contentsOf, projectFolder, runInProcess } from '../cli/run-in-process.js';
import { copyOfPipeline, removeCopies, variants } from './variants.js';

const example = relative(process.cwd(), join(projectFolder, 'examples/document-pipeline/template.yaml'));

async function dataOf(...words: readonly string[]): Promise<string> {
  return (await runInProcess(words)).data;
}

async function openFindings(...words: readonly string[]) {
  const document: PlanDocument = JSON.parse(await dataOf(...words, '--format', 'json'));
  return document.stacks.flatMap(({ template, findings }) =>
    findings
      .filter(({ verdict }) => verdict === 'fixable' || verdict === 'manual' || verdict === 'unknown')
      .map((finding) => ({ ...finding, template })),
  );
}

/** Names and values that would mean something to the format they are written in, if it let them. */
function hostile(): string {
  const folder = copyOfPipeline((text) => text);
  const template = join(folder, 'a,b%0A::error::&<\'"\u0085.yaml');
  writeFileSync(
    template,
    [
      'Resources:',
      '  Logs:',
      '    Type: AWS::Logs::LogGroup',
      '    Properties:',
      '      RetentionInDays: "7\\n::warning::%25,]]>\\x01\\uD800<&"',
      '',
    ].join('\n'),
  );
  return template;
}

removeCopies();

describe('unified diff', () => {
  it.each(variants)('is taken by git apply for a file with %s', async (_, write) => {
    const folder = copyOfPipeline(write);
    const root = join(folder, 'template.yaml');
    const diff = await dataOf(root, '--format', 'diff');
    execFileSync('git', ['apply', '-'], { cwd: folder, input: diff });
    const byGit = contentsOf(folder);
    execFileSync('git', ['apply', '-R', '-'], { cwd: folder, input: diff });
    await runInProcess(['--apply', root]);
    rmSync(join(folder, '.idp-fix-undo.json'));
    expect(contentsOf(folder)).toEqual(byGit);
    expect(Object.keys(byGit)).toContain('the portal/template.yaml');
  });

  it.each([
    ['one root', ['one']],
    ['several roots', ['one', 'two']],
  ])('of %s is for the folder they are named from', async (_, names) => {
    const folder = copyOfPipeline((text) => text);
    const roots = names.map((name) => join(folder, name, 'template.yaml'));
    for (const root of roots) {
      mkdirSync(dirname(root));
      writeFileSync(root, readFileSync(join(projectFolder, 'examples/small/template.yaml')));
    }
    const program = join(projectFolder, 'dist/main.js');
    const words = [
      ...names.map((name) => `${name}/template.yaml`),
      '--apply',
      '--dry-run',
      '--output',
      'out.diff',
    ];
    try {
      execFileSync(process.execPath, [program, ...words], { cwd: folder, stdio: 'pipe' });
    } catch (error) {
      expect(error).toMatchObject({ status: 1 });
    }
    execFileSync('git', ['apply', 'out.diff'], { cwd: folder });
    for (const root of roots) expect(readFileSync(root, 'utf8')).toContain('RetentionInDays: 365');
  });
});

describe('JSON', () => {
  it('says which folder its paths are named from, and leaves out what passes when that is asked for', async () => {
    const whole = JSON.parse(await dataOf(example, '--format', 'json'));
    const open = JSON.parse(await dataOf(example, '--format', 'json', '--only-open'));
    expect(whole.base).toBe(dirname(example));
    const verdicts = (plan: typeof whole) =>
      new Set(
        plan.stacks.flatMap(({ findings }: { findings: { verdict: string }[] }) =>
          findings.map(({ verdict }) => verdict),
        ),
      );
    expect(verdicts(whole)).toContain('compliant');
    expect([...verdicts(open)].sort()).toEqual(['fixable', 'manual']);
    expect(open.summary).toEqual(whole.summary);
  });
});

describe('JUnit', () => {
  it('is read by a consumer, with a case for every finding', async () => {
    const suites = await parseJunit(await dataOf(example, '--format', 'junit'));
    if (suites === null || suites === undefined || !('testsuite' in suites)) expect.fail('no suites');
    const open = await openFindings(example);
    const cases = (suites.testsuite ?? []).flatMap(({ testcase = [] }) => testcase);
    const failed = cases.filter(({ failure = [], error = [] }) => failure.length + error.length > 0);
    expect(failed.map(({ name }) => name)).toEqual(
      open.map(({ remediation, logicalId }) => `${remediation}: ${logicalId || 'the whole template'}`),
    );
    expect(suites).toMatchObject({ tests: cases.length, failures: open.length, errors: 0 });
    expect(failed[0]?.failure?.[0]?.message).toMatch(/^[\w ]+: .*\.$/);
  });

  it('fails on what a baseline does not have, and on nothing else', async () => {
    const folder = copyOfPipeline((text) => text);
    const root = join(folder, 'template.yaml');
    const baseline = join(folder, 'baseline.json');
    await runInProcess([root, '--write-baseline', baseline]);
    expect(await dataOf(root, '--baseline', baseline, '--format', 'junit')).toContain('failures="0"');
    expect(await dataOf(root, '--baseline', baseline, '--format', 'github')).toBe('');
    writeFileSync(
      root,
      readFileSync(root, 'utf8').replace(/^Resources:\n/m, (key) => `${key}${newGroup}`),
    );
    const after = await dataOf(root, '--baseline', baseline, '--format', 'github');
    expect(after.match(/::\w+ file=/g)?.length).toBe(
      (await openFindings(root, '--baseline', baseline)).filter(({ known }) => !known).length,
    );
    expect(after).toContain('NewGroup');
    expect(await dataOf(root, '--baseline', baseline, '--format', 'junit')).toContain('failures="2"');
  });

  it('stays well-formed whatever a template says', async () => {
    const suites = await parseJunit(await dataOf(hostile(), '--format', 'junit'));
    expect(JSON.stringify(suites)).toContain('::warning::%25,]]>‹U+0001›‹U+D800›');
  });
});

const newGroup = `  NewGroup:
    Type: AWS::Logs::LogGroup

`;

/** `::level file=…,line=…,title=…::message`, as the runner takes it apart. */
const command =
  /^::(?<level>error|warning|notice) file=(?<file>[^,:]+),line=(?<line>\d+),title=(?<title>[^,:]+)::(?<message>.*)$/;

describe('annotations of GitHub', () => {
  it('mark every open finding, the worst first', async () => {
    const lines = (await dataOf(example, '--format', 'github')).trimEnd().split('\n');
    const open = await openFindings(example);
    const parsed = lines.map((line) => command.exec(line)?.groups ?? expect.fail(line));
    const marked = parsed.map(({ file, line }) => `${file}:${line}`).sort();
    const folder = dirname(example);
    expect(marked).toEqual(open.map(({ template, line }) => `${folder}/${template}:${line}`).sort());
    const levels = parsed.map(({ level = '' }) => ['error', 'warning', 'notice'].indexOf(level));
    expect(levels).toEqual([...levels].sort());
  });

  it('cannot be told to say something else', async () => {
    const template = hostile();
    const data = await dataOf(template, '--format', 'github');
    const files = data
      .trimEnd()
      .split('\n')
      .map((line) => command.exec(line)?.groups?.file ?? expect.fail(line));
    const unescaped = files.map((file) =>
      file.replaceAll(/%(2C|3A|0A|0D|25)/g, (code) => decodeURIComponent(code)),
    );
    expect(new Set(unescaped.map((file) => basename(file)))).toEqual(new Set([visible(basename(template))]));
    expect(data).toContain('%0A::warning::%2525');
  });
});

/** https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
const CodeQuality = z.array(
  z.strictObject({
    description: z.string().min(1),
    check_name: z.string().min(1),
    fingerprint: z.string().min(1),
    severity: z.enum(['info', 'minor', 'major', 'critical', 'blocker']),
    location: z.strictObject({
      path: z.string().regex(/^(?!\.?\/)/),
      lines: z.strictObject({ begin: z.int().positive() }),
    }),
  }),
);

describe('code quality of GitLab', () => {
  it('has what the documented form asks for, each finding once', async () => {
    const violations = CodeQuality.parse(JSON.parse(await dataOf(example, '--format', 'gitlab')));
    expect(violations.length).toBe((await openFindings(example)).length);
    expect(new Set(violations.map(({ fingerprint }) => fingerprint)).size).toBe(violations.length);
  });
});

it.each([
  [
    'junit',
    /<testcase name="not checked: Extraction" [^>]*>\n<skipped message="Extraction was not checked: /,
  ],
  [
    'github',
    /^::warning file=[^,]*template\.yaml,line=\d+,title=idp-fix%3A not checked::Extraction was not/m,
  ],
  [
    'gitlab',
    /"description": "Extraction was not checked: [^"]*",\n +"check_name": "not-checked",\n +"severity": "info"/,
  ],
] as const)('%s says what could not be looked at', async (format, said) => {
  const folder = copyOfPipeline((text) => text);
  rmSync(join(folder, 'extraction'), { recursive: true });
  expect(await dataOf(join(folder, 'template.yaml'), '--format', format)).toMatch(said);
});

const parametersTemplate = `Parameters:
  Retention:
    Type: Number
    Default: 30
  Secret:
    Type: Number
    NoEcho: true
    Default: 14
  Label:
    Type: String
    Default: a b
Resources:
  Plain:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: !Ref Retention
  Hidden:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: !Ref Secret
`;

describe('parameters files', () => {
  const written = () => {
    const template = join(
      copyOfPipeline((text) => text),
      'parameters.yaml',
    );
    writeFileSync(template, parametersTemplate);
    return template;
  };

  it('set what the plan changes, and leave everything else of the stack as it is', async () => {
    const template = written();
    const data = await dataOf(template, '--only', 'log-retention', '--format', 'parameters');
    expect(JSON.parse(data)).toEqual([
      { ParameterKey: 'Retention', ParameterValue: '365' },
      { ParameterKey: 'Secret', UsePreviousValue: true },
      { ParameterKey: 'Label', UsePreviousValue: true },
    ]);
  });

  it('can be given back to idp-fix', async () => {
    const template = written();
    const file = join(dirname(template), 'parameters.json');
    await runInProcess([template, '--only', 'log-retention', '--format', 'parameters', '--output', file]);
    const findings = await openFindings(template, '--only', 'log-retention', '--parameters', file);
    expect(findings.map(({ logicalId }) => logicalId)).toEqual(['Hidden']);
  });

  it('say it in the words of SAM CLI', async () => {
    const data = await dataOf(written(), '--only', 'log-retention', '--format', 'sam-parameters');
    expect(parseToml(data)).toEqual({
      version: 0.1,
      default: { deploy: { parameters: { parameter_overrides: ['Retention=365'] } } },
    });
  });

  it('are for one stack', async () => {
    const ran = await runInProcess([example, written(), '--format', 'parameters']);
    expect(ran).toMatchObject({ exitCode: 2, data: '' });
    expect(ran.notes).toContain('a parameters file is for one stack, and 2 were planned');
  });
});
