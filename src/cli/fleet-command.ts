import { IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import { type RootDigest, recordOf } from '../fleet/record.js';
import { findRoots, runFleet } from '../fleet/run.js';
import { fleetTally, fleetText, openIn } from '../fleet/summary.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { findRemediation } from './common-options.js';
import type { FleetCommandRequest } from './request.js';

/**
 * `idp-fix fleet TEMPLATE…`: plans every root template, one at a time per worker; nothing is written but the report.
 * @returns 0 when nothing is left to do, 1 when findings remain, else the highest code of what kept roots from being planned
 */
export async function fleetCommand(
  request: FleetCommandRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  for (const id of [...request.only, ...request.skip]) findRemediation(id, product.remediations);
  const { files, output, workers } = ports;
  const report = request.output === undefined ? undefined : await ports.lines(request.output, request.resume);
  const tally = fleetTally();
  let exitCode = 0;
  const take = (digest: RootDigest) => {
    tally.add(digest);
    exitCode = Math.max(exitCode, digest.failed?.exitCode ?? (digest.notEvaluated > 0 ? 1 : 0));
  };
  const done = new Set<string>();
  for await (const line of report?.kept() ?? []) {
    const digest = recordOf(line)?.digest;
    if (digest === undefined) continue;
    done.add(digest.root);
    take(digest);
  }
  const all = await findRoots(files, request.templates);
  const tasks = all.filter(({ path }) => !done.has(path));
  const { policy, trusted, allowOutside, withoutCode, plugins, only, skip, includeReview } = request;
  const asked = {
    policy,
    trusted,
    allowOutside,
    withoutCode,
    plugins,
    wantsPlans: request.format === 'ndjson',
    plan: { ...(only.length > 0 && { only }), skip, includeReview },
  };
  const team = { workers, jobs: request.jobs ?? workers.cores };
  let number = done.size;
  for await (const { digest, line } of runFleet(tasks, asked, team, defect)) {
    take(digest);
    if (request.format === 'ndjson') {
      if (report !== undefined) report.append(line);
      else {
        output.data(`${line}\n`);
        await output.taken();
      }
    }
    if (!request.quiet) output.progress(`planned ${++number} of ${all.length}: ${digest.root}`);
  }
  output.progress('');
  const summary = tally.summary();
  if (request.format === 'json') output.data(`${jsonText(summary)}\n`);
  else if (request.format === 'text') output.data(fleetText(summary));
  else if (!request.quiet) output.note(fleetText(summary));
  report?.close();
  return Math.max(exitCode, openIn(summary.findings) > 0 ? 1 : 0);
}

function defect(because: string): IdpFixError {
  return new IdpFixError('defect', `idp-fix has a defect that this template shows: ${because}`, {
    hint: 'please report it as CONTRIBUTING.md says',
  });
}
