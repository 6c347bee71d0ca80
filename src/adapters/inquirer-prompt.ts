import { terminalText } from '../escape.js';
import type { CheckList, Choice, Prompt, PromptAnswer, PromptReply, Terminal, TypedText } from '../ports.js';
import { paint } from '../report/paint.js';

type Streams = Pick<NodeJS.Process, 'stdin' | 'stderr' | 'once' | 'off'>;

/** As many options as are shown at once, so that question and options fit a small terminal. */
const pageLength = 12;

/**
 * Questions by inquirer, on the standard error, so that the standard output stays for data. The library is loaded with
 * the first question.
 */
export function inquirerPrompt(streams: Streams, terminal: Terminal, isPlain: boolean): Prompt {
  const theme = themeOf(terminal.color && !isPlain);
  return {
    isPossible: streams.stdin.isTTY === true && terminal.isTerminal,
    async ask(question, { canGoBack } = { canGoBack: false }) {
      const inquirer = await import('./prompts.js');
      return replyOf(streams, canGoBack, (signal) => {
        const context = {
          input: streams.stdin,
          output: streams.stderr,
          signal,
          // A question that is left by Escape does not stay on the screen; inquirer asks once it is over.
          get clearPromptOnDone() {
            return signal.reason === backReason;
          },
        };
        if (question.kind === 'checks') {
          return inquirer.checkList({ ...checkOptions(question), theme, canGoBack }, context);
        }
        return question.kind === 'choice'
          ? inquirer.select({ ...selectOptions(question), theme: withBack(theme, canGoBack) }, context)
          : inquirer.input({ ...inputOptions(question), theme }, context);
      });
    },
  };
}

function withBack(theme: ReturnType<typeof themeOf>, canGoBack: boolean) {
  if (!canGoBack) return theme;
  const { keysHelpTip } = theme.style;
  return {
    ...theme,
    style: {
      ...theme.style,
      keysHelpTip: (keys: [key: string, action: string][]) => keysHelpTip([...keys, ['esc', 'back']]),
    },
  };
}

function checkOptions({ message, options, checked, problemWith }: CheckList) {
  return {
    message: terminalText(message),
    choices: options.map(({ value, label, detail }) => ({
      value,
      name: terminalText(label),
      detail: detail === undefined ? '' : terminalText(detail),
    })),
    checked,
    problemWith: (values: readonly string[]) => problemWith?.(values),
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

/** Leaves the question that Escape was typed at. */
const backReason = Symbol('back');

/** The end of the input (Ctrl-D) leaves inquirer waiting for ever; Node would then give up with a code of its own. */
async function replyOf(
  streams: Streams,
  canGoBack: boolean,
  ask: (signal: AbortSignal) => Promise<PromptAnswer>,
): Promise<PromptReply> {
  const end = new AbortController();
  const onEnd = () => end.abort();
  const onKey = (_: string | undefined, key: { readonly name?: string } | undefined) => {
    if (key?.name === 'escape') end.abort(backReason);
  };
  const { stdin } = streams;
  streams.once('beforeExit', onEnd);
  if (canGoBack) stdin.on('keypress', onKey);
  try {
    return { kind: 'answer', answer: await ask(end.signal) };
  } catch (error) {
    if (!(error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)))
      throw error;
    return { kind: end.signal.reason === backReason ? 'back' : 'interrupted' };
  } finally {
    streams.off('beforeExit', onEnd);
    stdin.off('keypress', onKey);
  }
}

/** The colors of the reports, and none at all where there are none; inquirer's own don't ask on every Node. */
function themeOf(color: boolean) {
  const { bold, cyan, dim, green, red } = paint(color);
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
