/** `npm run new-remediation -- ID TYPE PROPERTY VALUE`: lays out a remediation, its cases and its target. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportName } from './tables.js';

const usage = 'npm run new-remediation -- topic-display-name AWS::SNS::Topic DisplayName Alerts';
const policy = 'policies/production.yaml';
const [id = '', type = '', property = '', value = ''] = process.argv.slice(2);

if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id)) {
  fail(`'${id}' is no id: name the remediation in kebab-case, as in ${usage}`);
} else if (!/^\w+(?:::\w+)+$/.test(type) || !/^\w+$/.test(property) || !/^[\w.-]+$/.test(value)) {
  fail(`it takes a resource type, a property and the value it must have, as in ${usage}`);
} else {
  create({ id, type, property, value });
}

function create(remediation: NewRemediation): void {
  const files = Object.entries(remediationSkeleton(remediation));
  const taken = files.map(([path]) => path).filter((path) => existsSync(join(process.cwd(), path)));
  if (taken.length > 0) {
    fail(`there is a ${taken.join(' and a ')} already`);
    return;
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  writeFileSync(policy, withTarget(readFileSync(policy, 'utf8'), remediation));
  console.log(`wrote ${files.map(([path]) => path).join(', ')} and its target in ${policy}
next: npm run format && npm run generate && npx vitest run test/remediations.test.ts -t ${remediation.id}`);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}

interface NewRemediation {
  /** kebab-case: `topic-encryption`. */
  readonly id: string;
  /** `AWS::SNS::Topic`. */
  readonly type: string;
  /** Of the resource's `Properties`: `KmsMasterKeyId`. */
  readonly property: string;
  /** What the property must be. */
  readonly value: string;
}

/**
 * The files of a new remediation that sets one property, by path from the project's folder. It works as it is, cases
 * included: whoever adds a remediation starts from something that runs and replaces the words.
 */
export function remediationSkeleton({
  id,
  type,
  property,
  value,
}: NewRemediation): Readonly<Record<string, string>> {
  return {
    [`remediations/${id}/index.ts`]: `import { compliant, fixable, type Outcome, resourceRemediation, unknown, z } from '../../src/remediation.js';

const target = z.strictObject({
  value: ${schemaOf(value)}.describe('what ${property} must be'),
});

export const ${exportName(id)} = resourceRemediation({
  id: '${id}',
  title: '${property} is set on every ${type}',
  why: 'say what goes wrong without it',
  guideRisk: 'medium',
  tryFirst: 'say what to try outside production, and what would show there that the fix does harm',
  sources: ['${documentationOf(type)}'],
  equivalents: {},
  appliesTo: ['${type}'],
  target,
  judge(view, { value }) {
    const current = view.expression('${property}') ?? null;
    const isRight = (outcome: Outcome) => outcome.kind === 'value' && outcome.value === value;
    const outcomes = view.read('${property}').map(({ outcome }) => outcome);
    if (outcomes.every(isRight)) return { current, verdict: compliant(\`its ${property} is \${value}\`) };
    if (outcomes.some(({ kind }) => kind === 'unknown')) {
      return { current, verdict: unknown('what its ${property} evaluates to is not known') };
    }
    return {
      current,
      target: value,
      verdict: fixable(\`its ${property} is not \${value}\`, {
        edits: [{ path: ['Properties', '${property}'], value, isSatisfiedBy: isRight }],
      }),
    };
  },
});
`,
    [`remediations/${id}/cases.md`]: `# ${id}

## missing

\`\`\`yaml template
Resources:
  Subject:
    Type: ${type}
    Properties:
      Other: kept
\`\`\`

\`\`\`diff
--- a/template.yaml
+++ b/template.yaml
@@ -3,3 +3,4 @@
     Type: ${type}
     Properties:
       Other: kept
+      ${property}: ${value}
\`\`\`

\`\`\`findings
Subject: fixable: its ${property} is not ${value}
\`\`\`

## left alone

\`\`\`yaml template
Resources:
  Subject:
    Type: ${type}
    Properties:
      ${property}: ${value}
\`\`\`

\`\`\`diff
\`\`\`

\`\`\`findings
Subject: compliant: its ${property} is ${value}
\`\`\`

## not known

\`\`\`yaml template
Parameters:
  Given:
    Type: String
Resources:
  Subject:
    Type: ${type}
    Properties:
      ${property}: !Ref Given
\`\`\`

\`\`\`diff
\`\`\`

\`\`\`findings
Subject: unknown: what its ${property} evaluates to is not known
\`\`\`
`,
  };
}

/** For a value as YAML reads it. */
function schemaOf(value: string): string {
  if (/^(?:true|false)$/.test(value)) return 'z.boolean()';
  return /^-?\d+(?:\.\d+)?$/.test(value) ? 'z.number()' : 'z.string().min(1)';
}

/** The page of a type in the CloudFormation template reference. */
function documentationOf(type: string): string {
  const [, service = '', resource = ''] = type.toLowerCase().split('::');
  return `https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-${service}-${resource}.html`;
}

/** The text of a policy with the target of a new remediation at its end, where `remediations:` is its last section. */
export function withTarget(policy: string, { id, value }: NewRemediation): string {
  return `${policy.trimEnd()}\n\n  ${id}: { value: ${value} }\n`;
}
