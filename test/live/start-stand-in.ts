import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined when the stand-in could not be started; the tests pass over then. */
    standIn: string | undefined;
  }
}

const root = join(import.meta.dirname, '..', '..');
const environment = join(root, '.venv-live');
/** The interpreter beside the stand-in; it has the SAM translator, and boto3, which that needs. */
export const standInPython = join(environment, 'bin', 'python');
const packages = ['ministack==1.5.33', 'aws-sam-translator==1.115.0'];
const startLimitMs = 60_000;

/**
 * Installs MiniStack where it is not installed yet, starts it on a free port, and stops it in the end. In the mode
 * `installed`, which `npm test` uses, nothing is installed, and without it the tests are passed over.
 */
export default async function startStandIn(project: TestProject): Promise<() => Promise<void>> {
  let server: ChildProcess | undefined;
  // It unpacks the code of functions there, and leaves it when it is killed.
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-stand-in-'));
  try {
    install(project.vite.config.mode === 'installed');
    const port = await freePort();
    server = spawn(join(environment, 'bin', 'ministack'), [], {
      // Left to itself it listens on every interface, and opens a port for MQTT.
      env: {
        ...process.env,
        TMPDIR: folder,
        AUTH: 'true',
        BIND_HOST: '127.0.0.1',
        IOT_MTLS_ENABLED: '0',
        GATEWAY_PORT: String(port),
        LAMBDA_ACCOUNT_CONCURRENCY: '1000',
      },
      stdio: 'ignore',
      // A group of its own, so that the workers it starts end with it.
      detached: true,
    });
    const url = `http://127.0.0.1:${port}`;
    await untilHealthy(url, server);
    project.provide('standIn', url);
  } catch (error) {
    console.log(
      `passed over the live tests, because MiniStack could not be started: ${String(error)
        .split('\n')[0]
        ?.replace(/^Error: /, '')}`,
    );
    project.provide('standIn', undefined);
  }
  return async () => {
    if (server?.pid !== undefined) {
      stop(server.pid, 'SIGTERM');
      await setTimeout(500);
      stop(server.pid, 'SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

function install(isForbidden: boolean): void {
  const marker = join(environment, 'bin', 'ministack');
  if (existsSync(marker)) return;
  if (isForbidden) throw new Error('it is not installed; npm run test:live installs it');
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'pipe' });
  execFileSync(join(environment, 'bin', 'pip'), ['install', '--quiet', ...packages], { stdio: 'pipe' });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

async function untilHealthy(url: string, server: ChildProcess): Promise<void> {
  for (let waitedMs = 0; waitedMs < startLimitMs; waitedMs += 250) {
    if (server.exitCode !== null) throw new Error(`it ended with exit code ${server.exitCode}`);
    const answer = await fetch(`${url}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return;
    await setTimeout(250);
  }
  throw new Error(`it did not answer within ${startLimitMs} ms`);
}

function stop(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}
