import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** This folder, with what `package.json` in it names installed. */
export const here = import.meta.dirname;

if (!existsSync(join(here, 'node_modules', 'cdk-nag'))) {
  execFileSync('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund'], { stdio: 'ignore' });
}
