/** `npm run new-remediation -- ID TYPE PROPERTY VALUE`: lays out a remediation, its cases and its target. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type NewRemediation, remediationSkeleton, withTarget } from './remediation-skeleton.js';

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
next: npm run generate && npx vitest run test/remediations.test.ts -t ${remediation.id}`);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}
