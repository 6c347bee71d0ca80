import packageJson from '../../package.json' with { type: 'json' };
import type { Remediation } from './remediation.js';

/** The repository on its code host; `package.json` is the one place that names it. */
export const repositoryAddress = packageJson.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** A remediation that comes with idp-fix, with the address of its page at this version. */
export function documented(remediation: Remediation): Remediation {
  const page = `docs/remediations/${remediation.id}.md`;
  return { ...remediation, helpUri: `${repositoryAddress}/blob/v${packageJson.version}/${page}` };
}
