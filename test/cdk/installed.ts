import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** This folder, with what `package.json` in it names installed. */
export const here = import.meta.dirname;

if (!existsSync(join(here, 'node_modules', 'cdk-nag'))) {
  execFileSync('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund'], { stdio: 'ignore' });
}

const wanted = 'aws-cdk-lib==2.275.0';
const environment = join(here, '.venv');

/** Python with the CDK for it, installed once. */
export function pythonWithCdk(): string {
  const stamp = join(environment, 'installed.txt');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    execFileSync('python3', ['-m', 'venv', '--clear', environment], { stdio: 'inherit' });
    execFileSync(join(environment, 'bin', 'pip'), ['install', '--quiet', wanted], { stdio: 'inherit' });
    writeFileSync(stamp, wanted);
  }
  return join(environment, 'bin', 'python');
}
