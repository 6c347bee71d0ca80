import type { Output, Terminal } from '../ports.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The standard streams as an `Output`. Each stream is judged for itself. */
export function terminalOutput(
  streams: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream },
  environment: Environment,
): Output {
  return {
    data: (text) => void streams.stdout.write(text),
    note: (text) => void streams.stderr.write(text),
    dataTerminal: terminalOf(streams.stdout, environment),
    noteTerminal: terminalOf(streams.stderr, environment),
  };
}

/** Exported for the tests of the rules of https://no-color.org and https://force-color.org. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Environment,
): Terminal {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    columns: columnsOf(stream, environment),
    colour: wantsColour(isTerminal, environment),
  };
}

function columnsOf(stream: { readonly columns?: number }, environment: Environment): number {
  const columns = stream.columns ?? Number(environment.COLUMNS);
  return Number.isInteger(columns) && columns >= 40 ? Math.min(columns, 120) : 80;
}

function wantsColour(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: Environment): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal && TERM !== 'dumb';
}
