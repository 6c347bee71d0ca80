/** `deploy/fleet`: the steps of a fleet over the templates of a bucket, as a function of AWS Lambda. */
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import packageJson from '../package.json' with { type: 'json' };
import { remediations } from '../remediations/index.js';
import { isNamed } from './adapters/aws/clients.js';
import { connectAws, credentialsOfRole } from './adapters/aws/connect.js';
import { s3Files } from './adapters/aws/s3-files.js';
import { nodeFiles } from './adapters/node-files.js';
import { systemClock } from './adapters/process.js';
import type { Stacks } from './aws-ports.js';
import { IdpFixError } from './errors.js';
import {
  type FleetItem,
  type FleetSource,
  findStep,
  gatherStep,
  planStep,
  type ResultStore,
  rootsName,
  sourcesName,
  sourcesStep,
  stacksFolder,
  summaryStep,
} from './fleet/steps.js';
import type { Policies } from './policy/load.js';

/** What the state machine sends; buckets, accounts and Regions are those of the stack. */
type Event =
  | { readonly step: 'sources'; readonly run: string }
  | { readonly step: 'gather'; readonly run: string; readonly item: FleetSource }
  | { readonly step: 'find'; readonly run: string }
  | { readonly step: 'plan'; readonly run: string; readonly item: FleetItem }
  | { readonly step: 'summarize'; readonly run: string };

const {
  TEMPLATES_BUCKET = '',
  TEMPLATES_PREFIX = '',
  RESULTS_BUCKET = '',
  POLICY = '',
  ACCOUNTS = '',
  REGIONS = '',
  PARTITION = 'aws',
  AWS_REGION = '',
  AWS_ENDPOINT_URL,
} = process.env;
const client = new S3Client({ forcePathStyle: AWS_ENDPOINT_URL !== undefined });
const policiesFolder = fileURLToPath(new URL('../policies/', import.meta.url));
const product = { version: packageJson.version, remediations, policiesFolder };
const templates =
  TEMPLATES_BUCKET === '' ? undefined : `/${TEMPLATES_BUCKET}/${TEMPLATES_PREFIX}`.replace(/\/+$/, '');
const accounts = wordsOf(ACCOUNTS);
/** By `deploy/fleet/member-role.yaml`. */
const memberRole = 'idp-fix-fleet-reader';
/** Read once per run, while the function is warm. */
const read = { run: '', policies: new Map() as Policies };

export async function handler(event: Event): Promise<object> {
  const results = resultsOf(event.run);
  if (event.run !== read.run) Object.assign(read, { run: event.run, policies: new Map() });
  const filesIn = (folder: string | undefined) => s3Files(client, nodeFiles(), policiesFolder, folder ?? '/');
  switch (event.step) {
    case 'sources': {
      if (templates === undefined && accounts.length === 0)
        throw new Error('neither TemplatesBucket nor Accounts says what is to be planned');
      const regions = wordsOf(REGIONS);
      const count = await sourcesStep(accounts, regions.length > 0 ? regions : [AWS_REGION], results);
      return { count, key: `${event.run}/${sourcesName}` };
    }
    case 'gather':
      return await gatherStep(event.item, () => stacksOf(event.item), results);
    case 'find': {
      const stacks = `/${RESULTS_BUCKET}/${event.run}/${stacksFolder}`;
      const count = await findStep(filesIn, { templates, stacks }, results).catch(withPlace);
      return { count, key: `${event.run}/${rootsName}` };
    }
    case 'plan': {
      const files = filesIn(event.item.folder);
      const ports = { files, input: { read: async () => new Uint8Array() }, clock: systemClock };
      const policy = POLICY === '' ? undefined : POLICY;
      const { root, failed } = await planStep(event.item, policy, ports, product, read.policies, results);
      return { root, failed: failed !== null };
    }
    case 'summarize': {
      const { roots, findings } = await summaryStep(results);
      return { roots, findings, summary: `s3://${RESULTS_BUCKET}/${event.run}/summary.json` };
    }
  }
}

function wordsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** The history of the execution shows the message alone. */
function withPlace(error: unknown): never {
  if (!(error instanceof IdpFixError)) throw error;
  throw new Error(`${error.details.place?.file ?? 'the templates'}: ${error.message}`);
}

/** The stacks of an account of the organization, by the role that lets them be read. */
async function stacksOf({ account, region }: FleetSource): Promise<Stacks> {
  const role = `arn:${PARTITION}:iam::${account}:role/${memberRole}`;
  const credentials = await credentialsOfRole(role, 'idp-fix-fleet');
  return (await connectAws({ region }, { credentials })).stacks;
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
