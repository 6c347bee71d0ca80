/**
 * Who publishes CloudFormation for checks that a remediation of ours covers, and where it lies in a checkout of theirs. A
 * snippet is the text of a template, with placeholders where they have some; nothing of it is kept here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** The fix that the page of a check shows. */
const prowler = {
  name: 'Prowler',
  ids: 'prowler',
  lies: 'prowler/providers/aws/services',
  snippet(folder, check) {
    const service = readdirSync(folder).find((name) => existsSync(join(folder, name, check)));
    if (service === undefined) return undefined;
    const metadata = JSON.parse(readFileSync(join(folder, service, check, `${check}.metadata.json`), 'utf8'));
    return /```(?:ya?ml|json)?\n([\s\S]*?)```/.exec(metadata.Remediation.Code.NativeIaC)?.[1];
  },
};

/** The first template that a check's own tests hold as passing. */
const checkov = {
  name: 'Checkov',
  ids: 'checkov',
  lies: 'checkov/cloudformation/checks/resource/aws',
  snippet(folder, check) {
    const id = new RegExp(`\\bid = ["']${check}["']`);
    const file = readdirSync(folder).find(
      (name) => name.endsWith('.py') && id.test(readFileSync(join(folder, name), 'utf8')),
    );
    if (file === undefined) return undefined;
    const examples = join(folder, '../../../../../tests/cloudformation/checks/resource/aws', `example_${file.slice(0, -3)}`);
    if (!existsSync(examples)) return undefined;
    const passing = readdirSync(examples).sort().find((name) => /pass/i.test(name) && /\.(?:ya?ml|json)$/.test(name));
    return passing === undefined ? undefined : readFileSync(join(examples, passing), 'utf8');
  },
};

/** The first template that a rule's own tests expect to pass. */
const guard = {
  name: 'Guard Rules Registry',
  ids: 'guard',
  lies: 'rules/aws',
  snippet(folder, check) {
    const wanted = `${check.toLowerCase()}_tests.yml`;
    const path = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.toLowerCase().endsWith(`/${wanted}`));
    if (path === undefined) return undefined;
    const text = readFileSync(join(folder, path), 'utf8');
    const scenarios = parseAllDocuments(text).length > 1 ? parseAllDocuments(text).flatMap((each) => each.toJS() ?? []) : parse(text);
    const passing = scenarios.find(({ expectations }) => expectations?.rules?.[check] === 'PASS');
    return passing && JSON.stringify(passing.input, null, 2);
  },
};

export const sources = [prowler, checkov, guard];
