/** The thread in which `idp-fix lsp` plans, so that an editor is answered meanwhile. Real ports in, plain data out. */
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import packageJson from '../package.json' with { type: 'json' };
import { remediations } from '../remediations/index.js';
import { nodeFiles } from './adapters/node-files.js';
import { nodeModules, systemClock } from './adapters/process.js';
import type { LspRequest } from './cli/request.js';
import { type LspTask, lspPlanner } from './lsp/planning.js';
import { withPlugins } from './plugins.js';

const request: LspRequest = workerData;
const shipped = {
  version: packageJson.version,
  remediations,
  policiesFolder: fileURLToPath(new URL('../policies/', import.meta.url)),
};
const ports = { files: nodeFiles(), input: { read: async () => new Uint8Array() }, clock: systemClock };
const answer = withPlugins(shipped, request.plugins, nodeModules(process.cwd())).then((product) =>
  lspPlanner(request, ports, product),
);

parentPort?.on('message', async (task: LspTask) => {
  parentPort?.postMessage(await (await answer)(task));
});
