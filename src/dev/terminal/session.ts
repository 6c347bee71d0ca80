import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Terminal as Emulator } from '@xterm/headless';

/**
 * A pseudo-terminal with a program in it: what arrives on the standard input is typed, what the program shows comes out of
 * the standard output, and the exit code is the program's. In Python, whose standard library has one, so that nobody
 * has to compile an addon. Arguments: columns, rows, command.
 */
const ptyBridge = `
import fcntl, os, pty, select, struct, sys, termios

columns, rows, *command = sys.argv[1:]
program, terminal = pty.fork()
if program == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))
    os.execvp(command[0], command)

sources = [terminal, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            break
        if not shown:
            break
        os.write(1, shown)
    if 0 in ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(terminal, typed)
        else:
            sources.remove(0)

code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
`;

interface SessionOptions {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
}

/** Typed as a terminal sends it. */
export const keys = {
  enter: '\r',
  down: '\u001b[B',
  escape: '\u001b',
  erase: '\u007f',
  interrupt: '\u0003',
  end: '\u0004',
} as const;

/** How long nothing of what is waited for may show up. */
const patienceMilliseconds = 30_000;

/** A program in a real pseudo-terminal, with somebody at the keyboard who reads the screen before typing. */
export interface Session {
  type(text: string): void;
  /** Until a line of the terminal begins with a text (the cursor's line and what scrolled away included). */
  waitForLine(start: string): Promise<void>;
  /** Answers a question, once it is asked, with a typed text. */
  answer(message: string, text: string): Promise<void>;
  /** Answers a question, once it is asked, with the option whose label begins with a text. */
  choose(message: string, label: string): Promise<void>;
  /** Answers a list with check boxes, once it is asked: turns round those whose labels begin with some texts. */
  tick(message: string, labels: readonly string[]): Promise<void>;
  /** Goes back one question, and waits until the one before is asked again. */
  goBack(from: string, to: string): Promise<void>;
  /** All lines, without trailing blanks. */
  lines(): readonly string[];
  /** The emulator itself, for colors. */
  readonly emulator: Emulator;
  /** @returns the exit code of the program */
  waitForEnd(): Promise<number>;
}

/** What is missing for sessions on this machine; `undefined` when nothing is. */
export function missingForSessions(): string | undefined {
  const { status } = spawnSync('python3', ['-c', 'import fcntl, pty, termios'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'python3 with its pty module, on a system with pseudo-terminals';
}

export function openSession(command: readonly string[], options: SessionOptions): Session {
  const { folder, environment = {}, columns = 80, rows = 40 } = options;
  // A CommonJS module without named exports.
  const { Terminal }: typeof import('@xterm/headless') = createRequire(import.meta.url)('@xterm/headless');
  const emulator = new Terminal({
    cols: columns,
    rows,
    scrollback: 10_000,
    allowProposedApi: true,
    convertEol: false,
  });
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
  const bridge = spawn('python3', ['-c', ptyBridge, String(columns), String(rows), ...command], {
    cwd: folder,
    env: { ...inherited, TERM: 'xterm-256color', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const watchers = new Set<() => void>();
  bridge.stdout.on('data', (shown: Buffer) => {
    emulator.write(shown, () => {
      for (const watch of watchers) watch();
    });
  });
  const ended = new Promise<number>((resolve, reject) => {
    bridge.once('error', reject);
    // Once all that was shown has been taken in.
    bridge.once('close', (code) => emulator.write('', () => resolve(code ?? 1)));
  });
  const lines = () => linesOf(emulator);
  const type = (text: string) => void bridge.stdin.write(text);

  const until = (isSo: () => boolean, wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const settle = (action: () => void) => {
        watchers.delete(watch);
        clearTimeout(timer);
        action();
      };
      const watch = () => {
        if (isSo()) settle(resolve);
      };
      const fail = (because: string) => {
        bridge.kill();
        settle(() => reject(new Error(`${because}, without ${wanted}\n${lines().join('\n')}`)));
      };
      const timer = setTimeout(() => fail('nothing more came'), patienceMilliseconds);
      watchers.add(watch);
      void ended.then((code) => (isSo() ? settle(resolve) : fail(`the program ended with ${code}`)));
      watch();
    });
  const count = (start: string) => lines().filter((line) => line.startsWith(start)).length;
  const waitForLine = (start: string) => until(() => count(start) > 0, `a line that begins with: ${start}`);
  /** The same question may have been asked before. */
  const untilAnswered = async (message: string, reply: () => Promise<void>) => {
    await waitForLine(`? ${message}`);
    const before = count(`✔ ${message}`);
    await reply();
    await until(() => count(`✔ ${message}`) > before, `an answer to: ${message}`);
  };

  return {
    type,
    waitForLine,
    answer: (message, text) => untilAnswered(message, async () => type(`${text}${keys.enter}`)),
    choose: (message, label) =>
      untilAnswered(message, async () => {
        // The list jumps to what is typed.
        type(label);
        await waitForLine(`❯ ${label}`);
        type(keys.enter);
      }),
    tick: (message, labels) =>
      untilAnswered(message, async () => {
        for (const label of labels) {
          type(label);
          const boxes = [`❯ [ ] ${label}`, `❯ [x] ${label}`];
          const current = () => boxes.find((box) => count(box) > 0);
          await until(() => current() !== undefined, `a box for: ${label}`);
          const other = boxes.find((box) => box !== current()) ?? '';
          type(' ');
          await waitForLine(other);
          type(keys.erase.repeat(label.length));
          await until(
            () =>
              count(`? ${message}`) > 0 &&
              !lines().some((line) => line.includes(`filter: ${label.slice(0, 3)}`)),
            'no filter',
          );
        }
        type(keys.enter);
      }),
    goBack: async (from, to) => {
      await waitForLine(`? ${from}`);
      const before = count(`? ${to}`);
      type(keys.escape);
      await until(() => count(`? ${to}`) > before, `the question again: ${to}`);
    },
    lines,
    emulator,
    waitForEnd: async () => {
      let hasEnded = false;
      void ended.then(() => {
        hasEnded = true;
      });
      await until(() => hasEnded, 'coming to its end');
      return ended;
    },
  };
}

function linesOf({ buffer: { active } }: Emulator): readonly string[] {
  const all = Array.from(
    { length: active.length },
    (_, row) => active.getLine(row)?.translateToString(true) ?? '',
  );
  return all.slice(0, all.findLastIndex((line) => line !== '') + 1);
}
