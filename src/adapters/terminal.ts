import { buffer } from 'node:stream/consumers';
import { terminalLine, terminalText } from '../escape.js';
import type { Input, Output, Terminal } from '../ports.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Nobody wonders about less. */
const patienceMs = 1000;

/**
 * The standard streams as an `Output`. Each stream is judged for itself.
 * @param now in milliseconds, from wherever
 */
export function terminalOutput(
  streams: Readonly<Record<'stdout' | 'stderr', Stream>>,
  environment: Environment,
  now: () => number = () => performance.now(),
): Output {
  const { stdout, stderr } = streams;
  const dataTerminal = terminalOf(stdout, environment);
  const noteTerminal = terminalOf(stderr, environment);
  const showsProgress = noteTerminal.isTerminal && environment.TERM !== 'dumb';
  const started = now();
  let isShown = false;
  const clear = () => {
    if (isShown) stderr.write('\r\u001b[K');
    isShown = false;
  };
  return {
    data(text) {
      clear();
      // What goes to a program or a file is its business, as a diff is for git.
      stdout.write(dataTerminal.isTerminal ? terminalText(text) : text);
    },
    async taken() {
      if (stdout.writableNeedDrain === true) await new Promise((resolve) => stdout.once?.('drain', resolve));
    },
    note(text) {
      clear();
      stderr.write(terminalText(text));
    },
    progress(text) {
      clear();
      if (text === '' || !showsProgress || now() - started < patienceMs) return;
      stderr.write(terminalLine(text).slice(0, noteTerminal.columns - 1));
      isShown = true;
    },
    dataTerminal,
    noteTerminal,
  };
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly writableNeedDrain?: boolean;
  write(text: string): unknown;
  once?(event: 'drain', listener: (value?: unknown) => void): unknown;
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
    color: wantsColor(isTerminal, environment),
  };
}

function columnsOf(stream: { readonly columns?: number }, environment: Environment): number {
  const columns = stream.columns ?? Number(environment.COLUMNS);
  return Number.isInteger(columns) && columns >= 40 ? Math.min(columns, 120) : 80;
}

function wantsColor(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: Environment): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal && TERM !== 'dumb';
}

export function standardInput(stream: NodeJS.ReadStream): Input {
  return { read: () => buffer(stream) };
}
