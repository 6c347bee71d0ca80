import type { Aws, Caller, Connection, Live } from '../aws-ports.js';
import { shellWord } from '../escape.js';
import type { FileStore, Output } from '../ports.js';
import type { StackContext } from './context.js';

/** A live command under way. */
export interface Session {
  readonly aws: Aws;
  readonly caller: Caller;
  readonly live: Live;
  readonly files: FileStore;
  /** The flags that lead to this stack and this record again, for commands to copy. */
  readonly where: string;
  /** For the person who waits; silent with `--quiet`. */
  note(text: string): void;
  /** What is left behind or goes on without us; said even with `--quiet`. */
  alert(text: string): void;
  /** The same, only on a terminal. */
  progress(text: string): void;
}

export interface SessionPorts {
  readonly files: FileStore;
  readonly output: Output;
  readonly live: Live;
}

/**
 * Connects and says who does what where, before anything else is done.
 * @param folder where records lie
 */
export async function openSession(
  { connection, stack }: Pick<StackContext, 'connection' | 'stack'>,
  folder: string,
  { files, output, live }: SessionPorts,
  isQuiet: boolean,
): Promise<Session> {
  const aws = await live.connect(connection);
  const caller = await aws.account.caller();
  const note = (text: string) => {
    if (!isQuiet) output.note(text);
  };
  const account = caller.alias === undefined ? caller.account : `${caller.account} (${caller.alias})`;
  // Said even with --quiet: whoever acts on an account has to see which one.
  output.note(`account ${account}, region ${aws.region}, as ${caller.arn}, stack ${stack}\n`);
  return {
    aws,
    caller,
    live,
    files,
    where: whereabouts(stack, folder, connection),
    note,
    alert: (text) => output.note(text),
    progress(text) {
      if (output.noteTerminal.isTerminal) note(text);
    },
  };
}

function whereabouts(stack: string, folder: string, { profile, region, endpointUrl }: Connection): string {
  const flags = {
    stack,
    folder: folder === '.' ? undefined : folder,
    profile,
    region,
    'endpoint-url': endpointUrl,
  };
  return Object.entries(flags)
    .flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${shellWord(value)}`]))
    .join(' ');
}
