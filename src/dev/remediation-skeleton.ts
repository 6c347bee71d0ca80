import { exportName } from './registry.js';

/** The two files a new remediation needs, by path from the project's folder. */
export function remediationSkeleton(id: string): Readonly<Record<string, string>> {
  return {
    [`remediations/${id}.ts`]: `import { notApplicable, resourceRemediation, z } from '../src/remediation.js';

const target = z.strictObject({});

export const ${exportName(id)} = resourceRemediation({
  id: '${id}',
  title: 'TODO: what is the case once it is done, one sentence without a period',
  why: 'TODO: what goes wrong without it, one sentence without a period',
  guideRisk: 'medium',
  tryFirst: 'TODO: what to try outside production, one sentence without a period',
  sources: ['https://docs.aws.amazon.com/TODO'],
  equivalents: {},
  appliesTo: ['AWS::TODO::Type'],
  target,
  judge: () => ({ verdict: notApplicable('TODO: judge') }),
});
`,
    [`test/remediations/${id}.md`]: `# ${id}

## what is missing is set

\`\`\`yaml template
Resources:
  Thing:
    Type: AWS::TODO::Type
\`\`\`

\`\`\`diff
\`\`\`

\`\`\`findings
Thing: not-applicable: TODO: judge
\`\`\`
`,
  };
}
