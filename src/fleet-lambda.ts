/** `deploy/fleet`: the steps of a fleet over the templates of a bucket, as a function of AWS Lambda. */
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import packageJson from '../package.json' with { type: 'json' };
import { remediations } from '../remediations/index.js';
import { isNamed } from './adapters/aws/clients.js';
import { s3Files } from './adapters/aws/s3-files.js';
import { nodeFiles } from './adapters/node-files.js';
import { systemClock } from './adapters/process.js';
import {
  type FleetItem,
  findStep,
  planStep,
  type ResultStore,
  rootsName,
  summaryStep,
} from './fleet/steps.js';
import type { Policies } from './policy/load.js';

/** What the state machine sends; buckets and prefix are those of the stack. */
type Event =
  | { readonly step: 'find'; readonly run: string }
  | { readonly step: 'plan'; readonly run: string; readonly item: FleetItem }
  | { readonly step: 'summarize'; readonly run: string };

const {
  TEMPLATES_BUCKET = '',
  TEMPLATES_PREFIX = '',
  RESULTS_BUCKET = '',
  POLICY,
  AWS_ENDPOINT_URL,
} = process.env;
const client = new S3Client({ forcePathStyle: AWS_ENDPOINT_URL !== undefined });
const policiesFolder = fileURLToPath(new URL('../policies/', import.meta.url));
const product = { version: packageJson.version, remediations, policiesFolder };
const folder = `/${TEMPLATES_BUCKET}/${TEMPLATES_PREFIX}`.replace(/\/+$/, '');
/** Read once per run, while the function is warm. */
const read = { run: '', policies: new Map() as Policies };

export async function handler(event: Event): Promise<object> {
  const results = resultsOf(event.run);
  if (event.run !== read.run) Object.assign(read, { run: event.run, policies: new Map() });
  const files = s3Files(client, nodeFiles(), policiesFolder);
  switch (event.step) {
    case 'find':
      return {
        roots: await findStep(files, folder, results),
        bucket: RESULTS_BUCKET,
        key: `${event.run}/${rootsName}`,
      };
    case 'plan': {
      const ports = { files, input: { read: async () => new Uint8Array() }, clock: systemClock };
      const policy = POLICY === undefined || POLICY === '' ? undefined : POLICY;
      const { root, failed } = await planStep(
        event.item,
        { folder, policy },
        ports,
        product,
        read.policies,
        results,
      );
      return { root, failed: failed !== null };
    }
    case 'summarize': {
      const { roots, findings } = await summaryStep(results);
      return { roots, findings, summary: `s3://${RESULTS_BUCKET}/${event.run}/summary.json` };
    }
  }
}

function resultsOf(run: string): ResultStore {
  const at = (name: string) => ({ Bucket: RESULTS_BUCKET, Key: `${run}/${name}` });
  return {
    async put(name, text) {
      await client.send(new PutObjectCommand({ ...at(name), Body: text }));
    },
    async get(name) {
      try {
        return await (await client.send(new GetObjectCommand(at(name)))).Body?.transformToString();
      } catch (error) {
        if (isNamed(error, 'NoSuchKey', 'NotFound')) return undefined;
        throw error;
      }
    },
  };
}
