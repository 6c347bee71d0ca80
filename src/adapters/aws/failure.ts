import { IdpFixError } from '../../errors.js';

/** What was being done, for the message: `cloudformation:CreateChangeSet`, `the stack IDP`. */
export interface Attempt {
  readonly action: string;
  readonly on: string;
  readonly profile: string | undefined;
}

const credentialErrors: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'AuthFailure',
  'MissingAuthenticationToken',
  'IncompleteSignature',
]);

const deniedErrors: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'AuthorizationError',
  'Forbidden',
]);

const throttlingErrors: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'SlowDown',
]);

const lostConnections: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** No connection came about, so nothing was sent. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** An error of the SDK in the parts that tell what happened. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly status: number | undefined;
  /** It has an error code of AWS: what a proxy or a portal says has none, whatever its status. */
  readonly isOfAws: boolean;
}

/** Undefined for an error that came neither from AWS nor from the way there: a defect. */
export function readSdkError(error: unknown): SdkError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isKnown =
    metadata !== undefined ||
    lostConnections.has(code) ||
    credentialErrors.has(error.name) ||
    error.name === 'TimeoutError' ||
    error.message === 'Region is missing';
  if (!isKnown) return undefined;
  return {
    name: error.name,
    message: oneLine(error.message),
    code,
    status: metadata?.httpStatusCode,
    isOfAws: 'Code' in error && typeof error.Code === 'string',
  };
}

/**
 * The request may have been carried out all the same: only AWS can refuse it, and does so with an error code. For the
 * services that answer in XML, whose codes the SDK keeps.
 */
export function isAnswerLost({ name, code, status, isOfAws }: SdkError): boolean {
  if (neverSent.has(code) || (status === undefined && credentialErrors.has(name))) return false;
  return !isOfAws || (status !== undefined && status >= 500);
}

/** @returns the error as a person should read it; what is no failure of AWS comes back as it is */
export function asFailure(error: unknown, attempt: Attempt): unknown {
  const read = readSdkError(error);
  if (read === undefined) return error;
  const { name, message, code, status, isOfAws } = read;
  const what = `${attempt.action} on ${attempt.on}`;
  if (message === 'Region is missing') {
    return new IdpFixError('usage', 'no region was named', {
      hint: 'name it with --region, AWS_REGION, or region in the profile or samconfig.toml',
      cause: error,
    });
  }
  if (isClockSkew(name, message)) {
    return failure(
      'aws-credentials',
      `${what} was refused, because the clock of this machine is wrong: ${message}`,
      {
        hint: 'set the clock by a time server and run again',
      },
    );
  }
  if (credentialErrors.has(name)) {
    return failure('aws-credentials', `${what} needs valid credentials: ${message}`, {
      hint: renewal(attempt.profile),
    });
  }
  const isPage = !isOfAws && (message === 'Unknown' || /XML parse error|Unexpected token/.test(message));
  if (deniedErrors.has(name) || (status === 403 && !isPage)) {
    const [, action = attempt.action] = /not authorized to perform: ([\w:]+)/.exec(message) ?? [];
    const [, resource = attempt.on] = /on resource: (\S+)/.exec(message) ?? [];
    return failure('aws-denied', `the caller may not do ${action} on ${resource}${reasonOf(message)}`, {
      hint: 'idp-fix change-set create --show-permissions prints the policy this needs',
    });
  }
  const [, state] = /\bis in (\w+) state and can ?not be updated/.exec(message) ?? [];
  if (state !== undefined) {
    return failure('stack-not-ready', `${what} was refused: the stack is in ${state}`, {
      hint: 'another operation has begun meanwhile; wait until it is done, and run again',
    });
  }
  if (name === 'InsufficientCapabilitiesException') {
    return failure('aws-failed', `${what} was refused: ${message}`, {
      hint: 'acknowledge them with --capabilities, as the message names them',
    });
  }
  if (throttlingErrors.has(name)) {
    return failure('aws-failed', `${what} was throttled too often: ${message}`, {
      hint: 'run again in a minute',
    });
  }
  if (name === 'TimeoutError' || lostConnections.has(code)) {
    return failure(
      'aws-timeout',
      `${what} got no answer: ${code === '' ? message : `${message} (${code})`}`,
      {
        hint: 'look at the network, the proxy and --endpoint-url, and run again',
      },
    );
  }
  if (isPage && status !== undefined) {
    return failure('aws-failed', `${what} failed: HTTP ${status} with an answer that is none of AWS`, {
      hint: 'look at the network, the proxy and --endpoint-url, and run again',
    });
  }
  return failure('aws-failed', `${what} failed: ${name === 'Error' ? '' : `${name}: `}${message}`);

  function failure(code: IdpFixError['code'], text: string, { hint }: { hint?: string } = {}): IdpFixError {
    return new IdpFixError(code, text, { ...(hint !== undefined && { hint }), cause: error });
  }
}

function isClockSkew(name: string, message: string): boolean {
  return (
    ['RequestTimeTooSkewed', 'RequestInTheFuture', 'RequestExpired'].includes(name) ||
    /Signature (?:expired|not yet current)/.test(message)
  );
}

function renewal(profile: string | undefined): string {
  const named = profile === undefined ? '' : ` --profile ${profile}`;
  return `renew them with aws sso login${named} or aws configure${named}, then run again; aws sts get-caller-identity${named} shows whether they hold`;
}

/** What the message says beside who, what and where: `because no identity-based policy allows …`. */
function reasonOf(message: string): string {
  const [, reason] = /\b(because .*|with an explicit deny.*)$/.exec(message) ?? [];
  return reason === undefined ? '' : ` ${reason}`;
}

const longestMessage = 400;

/** AWS repeats whole templates in some messages. */
function oneLine(message: string): string {
  const text = message.replaceAll(/\s+/g, ' ').trim();
  return text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text;
}

/**
 * A field that every answer of AWS has. Without it, something else than AWS has answered, and nothing may be concluded.
 * To be asked within `told`, which says what was being done.
 */
export function required<Value>(value: Value | undefined, field: string): Value {
  if (value === undefined || value === '') throw noAnswer(`the answer has no ${field}, so it is none of AWS`);
  return value;
}

/** The pages of a list. An answer that announces a page that has been read already has no end, and is none of AWS. */
export async function* eachPage<Page>(
  pages: AsyncIterable<Page>,
  next: (page: Page) => string | undefined,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  for await (const page of pages) {
    const token = next(page);
    if (token !== undefined && seen.has(token))
      throw noAnswer('the pages of the answer go round in a circle');
    if (token !== undefined) seen.add(token);
    yield page;
  }
}

/** In the form of an error of the SDK that has no code of AWS. @param status of HTTP */
export function noAnswer(message: string, status?: number): Error {
  return Object.assign(new Error(message), { $metadata: { httpStatusCode: status } });
}
