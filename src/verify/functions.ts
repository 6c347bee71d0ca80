import type { FunctionState, Metric } from '../aws-ports.js';
import {
  attempt,
  type CheckContext,
  type DeployedResource,
  day,
  numberOf,
  ofType,
  type Proof,
  proof,
} from './proof.js';

/** Functions that can run, with what is reserved for them, and whose failures go somewhere. */
export async function functionProofs(context: CheckContext): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(context, 'AWS::Lambda::Function'))
    proofs.push(...(await functionProof(of, context)));
  return proofs;
}

async function functionProof(of: DeployedResource, context: CheckContext): Promise<readonly Proof[]> {
  const subject = { check: 'function-runs', item: null, of } as const;
  return attempt(subject, async () => {
    const found = await context.aws.operations.function(of.physicalId);
    if (found === undefined)
      return [proof(subject, 'dead', 'there is no such function any more', 'deploy the stack again')];
    const counted = await attempt({ ...subject, check: 'function-metrics' }, async () => {
      const sums = await context.aws.operations.sums(
        ['Throttles', 'DeadLetterErrors', 'SignatureValidationErrors', 'Invocations'].map((name) =>
          metric(name, found),
        ),
        context.from,
        context.now,
      );
      const [throttles = 0, deadLetterErrors = 0, unsigned = 0, invocations = 0] = sums;
      return [
        ...throttleProof(of, found, throttles, context),
        ...(await deadLetterProof(of, found, deadLetterErrors, context)),
        ...(await signingProof(of, found, unsigned, context)),
        ...(await loggedProof(of, found, invocations, context)),
      ];
    });
    return [
      ...runProof(of, found),
      ...reservedProof(of, found, context),
      ...counted,
      ...(await logProof(of, found, context)),
    ];
  });
}

function metric(name: string, { name: functionName }: FunctionState): Metric {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: functionName } };
}

/** A key, a subnet or an image that is gone shows here, and nowhere in the template. */
function runProof(of: DeployedResource, found: FunctionState): readonly Proof[] {
  const subject = { check: 'function-runs', item: null, of } as const;
  const { state, stateReason, lastUpdate, lastUpdateReason } = found;
  const why = (reason: string | undefined) => (reason === undefined ? '' : `: ${reason}`);
  if (state === 'Failed' || (state === 'Inactive' && /Invalid|KMS|Error/.test(stateReason ?? '')))
    return [proof(subject, 'dead', `it is ${state}${why(stateReason)}`)];
  if (lastUpdate === 'Failed')
    return [proof(subject, 'dead', `its last update failed${why(lastUpdateReason)}`)];
  return [proof(subject, 'alive', `it is ${state === '' ? 'there' : state}`)];
}

function reservedProof(of: DeployedResource, found: FunctionState, context: CheckContext): readonly Proof[] {
  const subject = { check: 'concurrency-as-deployed', item: 'concurrency-limits', of } as const;
  const written = of.properties.ReservedConcurrentExecutions;
  const planned = numberOf(written, of, context);
  if (written !== undefined && planned === undefined) return [];
  if (found.reserved === 0)
    return [proof(subject, 'dead', 'nothing is reserved for it (0), so every request is throttled')];
  const said = (amount: number | undefined) => (amount === undefined ? 'nothing' : String(amount));
  if (planned !== found.reserved) {
    return [
      proof(
        subject,
        'dead',
        `the template reserves ${said(planned)}, and ${said(found.reserved)} is reserved`,
        'it was changed outside the stack; deploy again, or update the template',
      ),
    ];
  }
  return planned === undefined
    ? []
    : [proof(subject, 'alive', `${planned} are reserved, as the template says`)];
}

function throttleProof(
  of: DeployedResource,
  { reserved }: FunctionState,
  throttles: number,
  { from }: CheckContext,
): readonly Proof[] {
  const subject = { check: 'throttles', item: 'concurrency-limits', of } as const;
  if (throttles > 0) {
    const limit =
      reserved === undefined ? 'what the account has left' : `the ${reserved} that are reserved for it`;
    return [
      proof(
        subject,
        'dead',
        `${throttles} requests were throttled since ${day(from)}: it needs more than ${limit}`,
        'reserve more, or slow down what calls it',
      ),
    ];
  }
  return reserved === undefined
    ? []
    : [proof(subject, 'alive', `no request was throttled since ${day(from)}`)];
}

async function deadLetterProof(
  of: DeployedResource,
  { deadLetters }: FunctionState,
  errors: number,
  context: CheckContext,
): Promise<readonly Proof[]> {
  const subject = { check: 'dead-letters-arrive', item: null, of } as const;
  if (errors > 0) {
    const because = `${errors} failed events could not be sent to its dead-letter target since ${day(context.from)}, and are lost`;
    const hint = 'let its role send there (sqs:SendMessage or sns:Publish), and use the key of the target';
    return [proof(subject, 'dead', because, hint)];
  }
  if (deadLetters === undefined) {
    const planned = of.properties.DeadLetterConfig ?? of.properties.DeadLetterQueue;
    if (planned === undefined) return [];
    return [proof(subject, 'dead', 'the template gives it a dead-letter target, and it has none')];
  }
  return attempt(subject, async () => {
    const isQueue = /^arn:[^:]+:sqs:/.test(deadLetters);
    const [, , , region = '', account = '', name = ''] = deadLetters.split(':');
    const isThere = isQueue
      ? await context.aws.operations.queue(urlOf(deadLetters, { region, account, name }, context))
      : await context.aws.operations.topic(deadLetters);
    if (isThere === undefined)
      return [proof(subject, 'dead', `its dead-letter target ${deadLetters} is not there`)];
    return [proof(subject, 'alive', `${deadLetters} is there, and nothing failed on the way to it`)];
  });
}

/** The URL of a queue of the stack is its physical id; another one has the usual form. */
function urlOf(
  arn: string,
  { region, account, name }: { readonly region: string; readonly account: string; readonly name: string },
  context: CheckContext,
): string {
  const own = ofType(context, 'AWS::SQS::Queue').find(({ physicalId }) =>
    physicalId.endsWith(`/${account}/${name}`),
  );
  const suffix = arn.startsWith('arn:aws-cn:') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return own?.physicalId ?? `https://sqs.${region}.${suffix}/${account}/${name}`;
}

async function signingProof(
  of: DeployedResource,
  { name }: FunctionState,
  unsigned: number,
  { aws, from }: CheckContext,
): Promise<readonly Proof[]> {
  const planned = of.properties.CodeSigningConfigArn;
  if (planned === undefined) return [];
  const subject = { check: 'code-signed', item: null, of } as const;
  return attempt(subject, async () => {
    const signing = await aws.operations.codeSigning(name);
    if (signing === undefined)
      return [proof(subject, 'dead', 'the template gives it a code-signing configuration, and it has none')];
    const { unsigned: policy, profiles } = signing;
    const ended: string[] = [];
    for (const profile of profiles) {
      const status = await aws.account.signingProfileStatus(profile);
      if (status !== 'Active') ended.push(`${profile} is ${status ?? 'not there'}`);
    }
    if (ended.length > 0 && ended.length === profiles.length) {
      const because = `no signing profile that it trusts is active (${ended.join(', ')}), so no new code can be signed for it`;
      return [
        proof(subject, 'dead', because, 'aws signer put-signing-profile, and name it in the configuration'),
      ];
    }
    if (unsigned > 0) {
      const what = policy === 'Warn' ? 'and were deployed all the same (Warn)' : 'and were refused (Enforce)';
      const because = `${unsigned} deployments of code failed the validation of its signature since ${day(from)}, ${what}`;
      return [proof(subject, 'dead', because, 'sign what the pipeline deploys; then set Enforce')];
    }
    if (policy === 'Warn')
      return [proof(subject, 'unproven', 'unsigned code is only warned of (Warn), and none was seen')];
    return [proof(subject, 'alive', 'unsigned code is refused (Enforce)')];
  });
}

/** A function that ran and has logged nothing may not write to its group: in its role, or in the key of the group. */
async function loggedProof(
  of: DeployedResource,
  found: FunctionState,
  invocations: number,
  { aws, from, now }: CheckContext,
): Promise<readonly Proof[]> {
  const group = found.logGroup ?? `/aws/lambda/${found.name}`;
  const subject = { check: 'logs-arrive', item: null, of } as const;
  if (invocations === 0) return [];
  return attempt(subject, async () => {
    const newest = await aws.operations.newestLogEvent(group);
    if (newest !== undefined && newest >= from)
      return [proof(subject, 'alive', `${group} received events on ${day(newest)}`)];
    const because = `it ran ${invocations} times since ${day(from)}, and ${group} has received nothing`;
    const hint = `let its role call logs:CreateLogStream and logs:PutLogEvents there, and the key of the group let CloudWatch Logs in`;
    // The time of the newest event is up to an hour late, and with JSON Lambda's own lines can be left out.
    const isSure = found.logFormat !== 'JSON' && now - from > 2 * hourMs;
    return [proof(subject, isSure ? 'dead' : 'unproven', because, hint)];
  });
}

const hourMs = 3_600_000;

/** A function told to log elsewhere whose old group goes on receiving events logs where nobody looks. */
async function logProof(
  of: DeployedResource,
  found: FunctionState,
  { aws, from }: CheckContext,
): Promise<readonly Proof[]> {
  const old = `/aws/lambda/${found.name}`;
  const subject = { check: 'old-log-group', item: null, of } as const;
  if (found.logGroup === undefined || found.logGroup === old) return [];
  return attempt(subject, async () => {
    const newest = await aws.operations.newestLogEvent(old);
    if (newest !== undefined && newest >= from) {
      const because = `${old} received events on ${day(newest)}, after the function was told to log to ${found.logGroup}`;
      return [proof(subject, 'dead', because, 'an older version or alias of the function is still called')];
    }
    return [proof(subject, 'alive', `${old} has received nothing since ${day(from)}`)];
  });
}
