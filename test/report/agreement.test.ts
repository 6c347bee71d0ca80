import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseJunit } from 'junit2json';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryAddress } from '../../src/contract/links.js';
import type { PlanDocument } from '../../src/plan/document.js';
import { runInProcess } from '../cli/run-in-process.js';

/** The retention of the child's log groups is a default of the root, which passes it on through a template between. */
const templates: Readonly<Record<string, string>> = {
  'template.yaml': `Parameters:
  Days: {Type: Number, Default: 30}
Resources:
  Middle:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./middle.yaml
      Parameters: {Days: !Ref Days}
`,
  'middle.yaml': `Parameters:
  Days: {Type: Number}
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./nested/inner.yaml
      Parameters: {Days: !Ref Days}
`,
  'nested/inner.yaml': `Parameters:
  Days: {Type: Number}
Resources:
  First:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: first, RetentionInDays: !Ref Days}
  Second:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: second, RetentionInDays: !Ref Days}
`,
};

const patch = 'log-retention@template.yaml';

describe('what a parent fixes for its children', () => {
  let folder = '';
  let root = '';
  let plan: PlanDocument;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-agreement-'));
    mkdirSync(join(folder, 'nested'));
    for (const [name, text] of Object.entries(templates)) writeFileSync(join(folder, name), text);
    root = join(folder, 'template.yaml');
    plan = JSON.parse(await shown('json'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const shown = async (format: string, ...flags: readonly string[]) =>
    (await runInProcess([root, '--only', 'log-retention', '--format', format, ...flags])).data;

  it('is a patch that the plan has, in its numbers and its steps', () => {
    const findings = plan.stacks.flatMap((stack) => stack.findings);
    expect(findings.map(({ logicalId, patch: id }) => [logicalId, id])).toEqual([
      ['First', patch],
      ['Second', patch],
    ]);
    expect(plan.stacks.flatMap(({ patches }) => patches.map(({ id }) => id))).toContain(patch);
    expect(plan.summary.verdicts.fixable).toBe(2);
    expect(plan.steps.map(({ findings: settled, patches }) => [settled, patches])).toEqual([[2, [patch]]]);
  });

  it('is said so in every form that is read by people', async () => {
    expect(await shown('text')).toMatch(/^ {2}log-retention .* 2 /m);
    expect(await shown('markdown')).toContain('2 auto-fix');
    const page = await shown('html');
    // Both lead to the line of the root's default.
    const links = [...page.matchAll(/class="to-hunk" href="#([^"]+)">([^<]+)</g)];
    expect(links.map(([, , text]) => text)).toEqual(['template.yaml line 2', 'template.yaml line 2']);
    expect(page).toContain(`id="${links[0]?.[1]}"`);
  });

  it('is named in every form that is read by programs', async () => {
    const names = (text: string) => text.split(patch).length - 1;
    const sarif = JSON.parse(await shown('sarif')).runs[0];
    for (const { message, properties, relatedLocations } of sarif.results) {
      expect(message.text).toContain(patch);
      expect(properties.patch).toBe(patch);
      const places = relatedLocations.map(
        ({ physicalLocation: { artifactLocation, region } }: RelatedLocation) =>
          `${artifactLocation.uri}:${region.startLine}`,
      );
      expect(places).toContain('template.yaml:2');
    }
    expect(sarif.results).toHaveLength(2);
    expect(names(await shown('github'))).toBe(2);
    expect(names(await shown('gitlab'))).toBe(2);
    const junit = await shown('junit');
    const { testsuite: suites = [] } = (await parseJunit(junit)) as { testsuite?: { name?: string }[] };
    expect(suites.map(({ name }) => name)).toEqual([`${folder}/nested/inner.yaml`]);
    expect(junit.match(/<failure message="[^"]*log-retention@template\.yaml /g)).toHaveLength(2);
  });

  it('is counted with the patch where it needs approval', async () => {
    const example = 'examples/document-pipeline/template.yaml';
    const { data } = await runInProcess([example, '--format', 'json']);
    const found: PlanDocument = JSON.parse(data);
    const findings = found.stacks.flatMap((stack) => stack.findings);
    const own = findings.filter((finding) => finding.patch === `${patch}#review`).length;
    const [root] = found.stacks;
    expect(own).toBeGreaterThan(
      root?.patches.find(({ id }) => id === `${patch}#review`)?.fixes.length ?? own,
    );
    const page = (await runInProcess([example, '--format', 'html'])).data;
    expect(page).toMatch(
      new RegExp(`${own} findings in template\\.yaml</span> <code class="id">${patch}#review<`),
    );
  });

  it('has rules that lead to the page of their remediation, and a run that is known by its root', async () => {
    const { tool, automationDetails } = JSON.parse(await shown('sarif')).runs[0];
    const { informationUri, rules } = tool.driver;
    expect(informationUri).toBe(repositoryAddress);
    expect(rules).toHaveLength(1);
    expect(rules[0].helpUri).toMatch(/\/blob\/v[0-9.]+\/docs\/remediations\/log-retention\.md$/);
    expect(rules[0].properties).not.toHaveProperty('security-severity');
    expect(rules[0].properties.tags).not.toContain('security');
    expect(automationDetails.id).toBe('idp-fix/template.yaml/');
  });
});

interface RelatedLocation {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number };
  };
}
