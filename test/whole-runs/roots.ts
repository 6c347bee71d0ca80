import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const corpus = 'test/corpus';

/** Root templates written for the project: other people's stacks as they come, by what they hold. */
export const corpusRoots: readonly string[] = readdirSync(corpus)
  .sort()
  .map((name) => {
    const folder = join(corpus, name);
    const [file] = readdirSync(folder).filter((each) => /^template\.(yaml|json)$/.test(each));
    if (file === undefined) throw new Error(`${folder} has no template.yaml or template.json`);
    return join(folder, file);
  });

/** The examples, and the accelerator where it is at hand. */
export const roots: readonly string[] = [
  'examples/small/template.yaml',
  'examples/document-pipeline/template.yaml',
  ...corpusRoots,
  ...['../shared/data/idp-v0.3.4/template.yaml'].filter(existsSync),
];

/** The preset, and a policy in which everything is decided. */
export const policies: readonly string[] = ['production', 'examples/filled.policy.yaml'];
