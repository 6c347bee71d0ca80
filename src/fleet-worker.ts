/** A worker of `idp-fix fleet`: plans the root templates it is sent, one at a time. Real ports in, records out. */
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import packageJson from '../package.json' with { type: 'json' };
import { remediations } from '../remediations/index.js';
import { nodeFiles } from './adapters/node-files.js';
import { nodeModules, systemClock } from './adapters/process.js';
import { type FleetRequest, planRecord, type RootTask } from './fleet/record.js';
import { withPlugins } from './plugins.js';
import type { Policies } from './policy/load.js';

const request: FleetRequest = workerData;
const ports = {
  files: nodeFiles(),
  input: { read: async () => new Uint8Array() },
  clock: systemClock,
};
const product = withPlugins(
  {
    version: packageJson.version,
    remediations,
    policiesFolder: fileURLToPath(new URL('../policies/', import.meta.url)),
  },
  request.plugins,
  nodeModules(process.cwd()),
);
const policies: Policies = new Map();

parentPort?.on('message', async (task: RootTask) => {
  parentPort?.postMessage(await planRecord(task, request, ports, await product, policies));
});
