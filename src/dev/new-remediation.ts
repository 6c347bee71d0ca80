/** `node dist/dev/new-remediation.js ID`: lays out a unit and its cases to fill in. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { remediationSkeleton } from './remediation-skeleton.js';

const [id = ''] = process.argv.slice(2);
if (/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id)) create();
else fail(`'${id}' is no id: name the remediation in kebab-case, as in topic-encryption`);

function create(): void {
  const files = Object.entries(remediationSkeleton(id));
  const taken = files.map(([path]) => path).filter((path) => existsSync(join(process.cwd(), path)));
  if (taken.length > 0) {
    fail(`${taken.join(' and ')} there already`);
    return;
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  console.log(`wrote ${files.map(([path]) => path).join(', ')}
next: set its target in policies/production.yaml, then npm run generate`);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}
