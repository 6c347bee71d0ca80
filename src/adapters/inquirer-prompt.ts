import { terminalText } from '../escape.js';
import type { Choice, Prompt, Terminal, TypedText } from '../ports.js';
import { paint } from '../report/paint.js';

type Streams = Pick<NodeJS.Process, 'stdin' | 'stderr' | 'once' | 'off'>;

/** As many options as are shown at once, so that question and options fit a small terminal. */
const pageLength = 12;

/**
 * Questions by inquirer, on the standard error, so that the standard output stays for data. The library is loaded with
 * the first question.
 */
export function inquirerPrompt(streams: Streams, terminal: Terminal, isPlain: boolean): Prompt {
  const theme = themeOf(terminal.colour && !isPlain);
  return {
    isPossible: streams.stdin.isTTY === true && terminal.isTerminal,
    async ask(question) {
      const inquirer = await import('./prompts.js');
      return unlessInterrupted(streams, (signal) => {
        const context = { input: streams.stdin, output: streams.stderr, signal };
        return question.kind === 'choice'
          ? inquirer.select({ ...selectOptions(question), theme }, context)
          : inquirer.input({ ...inputOptions(question), theme }, context);
      });
    },
  };
}

function selectOptions({ message, options, preselected }: Choice) {
  return {
    message: terminalText(message),
    choices: options.map(({ value, label, detail }) => ({
      value,
      name: terminalText(label),
      ...(detail !== undefined && { description: terminalText(detail) }),
    })),
    ...(preselected !== undefined && { default: preselected }),
    pageSize: pageLength,
    loop: false,
  };
}

function inputOptions({ message, preset, problemWith }: TypedText) {
  return {
    message: terminalText(message),
    ...(preset !== undefined && preset === terminalText(preset) && { default: preset }),
    validate: (text: string) => problemWith(text) ?? true,
  };
}

/** The end of the input (Ctrl-D) leaves inquirer waiting for ever; Node would then give up with a code of its own. */
async function unlessInterrupted(
  streams: Streams,
  ask: (signal: AbortSignal) => Promise<string>,
): Promise<string | undefined> {
  const end = new AbortController();
  const onEnd = () => end.abort();
  streams.once('beforeExit', onEnd);
  try {
    return await ask(end.signal);
  } catch (error) {
    if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name))
      return undefined;
    throw error;
  } finally {
    streams.off('beforeExit', onEnd);
  }
}

/** The colours of the reports, and none at all where there are none; inquirer's own don't ask on every Node. */
function themeOf(colour: boolean) {
  const { bold, cyan, dim, green, red } = paint(colour);
  return {
    prefix: { idle: cyan('?'), done: green('✔') },
    icon: { cursor: '❯' },
    style: {
      message: bold,
      answer: cyan,
      highlight: cyan,
      description: dim,
      defaultAnswer: (text: string) => dim(`(${text})`),
      error: (text: string) => red(`> ${text}`),
      keysHelpTip: (keys: [key: string, action: string][]) =>
        dim(keys.map(([key, action]) => `${key} ${action}`).join(' • ')),
    },
  };
}
