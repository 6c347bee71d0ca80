import {
  createPrompt,
  isDownKey,
  isEnterKey,
  isSpaceKey,
  isTabKey,
  isUpKey,
  makeTheme,
  useKeypress,
  useMemo,
  usePagination,
  usePrefix,
  useState,
} from '@inquirer/core';

/** The prompts that are used: a bundle that imports all of them takes along an editor and its table of encodings. */
export { input, select } from '@inquirer/prompts';

interface CheckListConfig {
  readonly message: string;
  readonly choices: readonly CheckChoice[];
  /** Values that are ticked at first. */
  readonly checked: readonly string[];
  readonly canGoBack: boolean;
  readonly theme: CheckListTheme;
  problemWith(values: readonly string[]): string | undefined;
}

interface CheckChoice {
  readonly value: string;
  readonly name: string;
  /** Shown below the list for the choice the cursor is on; empty for none. */
  readonly detail: string;
}

interface CheckListTheme {
  readonly prefix: { readonly idle: string; readonly done: string };
  readonly icon: { readonly cursor: string };
  readonly style: {
    message(text: string): string;
    answer(text: string): string;
    highlight(text: string): string;
    description(text: string): string;
    error(text: string): string;
    keysHelpTip(keys: [key: string, action: string][]): string;
  };
}

/** With the question, two lines of detail and the keys, a list of this length fits 24 lines. */
const checkListLength = 14;

/** Check boxes with a filter: inquirer has the one without the other. What is typed filters, so all commands are keys. */
export const checkList = createPrompt<readonly string[], CheckListConfig>((config, done) => {
  const theme = makeTheme(config.theme);
  const { style, icon } = config.theme;
  const [status, setStatus] = useState<'idle' | 'done'>('idle');
  const prefix = usePrefix({ status, theme });
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set(config.checked));
  const [filter, setFilter] = useState('');
  const [cursor, setCursor] = useState(0);
  const [problem, setProblem] = useState('');
  const shown = useMemo(() => matching(config.choices, filter), [config.choices, filter]);
  const values = config.choices.flatMap(({ value }) => (ticked.has(value) ? [value] : []));

  useKeypress((key, line) => {
    if (status === 'done') return;
    // A command leaves its character in the line that is typed, which is the filter.
    const keepFilter = () => {
      line.clearLine(0);
      line.write(filter);
    };
    setProblem('');
    if (isEnterKey(key)) {
      const found = config.problemWith(values);
      if (found !== undefined) {
        setProblem(found);
        keepFilter();
        return;
      }
      setStatus('done');
      done(values);
    } else if (isUpKey(key) || isDownKey(key)) {
      const next = cursor + (isUpKey(key) ? -1 : 1);
      setCursor(Math.max(0, Math.min(shown.length - 1, next)));
    } else if (isSpaceKey(key)) {
      setTicked(toggled(ticked, shown.slice(cursor, cursor + 1)));
      keepFilter();
    } else if (isTabKey(key)) {
      setTicked(toggled(ticked, shown));
      keepFilter();
    } else if (line.line !== filter) {
      setFilter(line.line);
      setCursor(0);
    }
  });

  const count = `${values.length} of ${config.choices.length}`;
  const question = [prefix, style.message(config.message)].join(' ');
  if (status === 'done') return `${question} ${style.answer(count)}`;
  const page = usePagination({
    items: shown,
    active: cursor,
    renderItem: ({ item, isActive }) => {
      const text = `${isActive ? icon.cursor : ' '} [${ticked.has(item.value) ? 'x' : ' '}] ${item.name}`;
      return isActive ? style.highlight(text) : text;
    },
    pageSize: checkListLength,
    loop: false,
  });
  const detail = shown[cursor]?.detail ?? '';
  const filtered = filter === '' ? 'type to filter' : `filter: ${filter} (${shown.length} shown)`;
  const below = [
    shown.length === 0 ? style.description('  nothing matches the filter') : page,
    ...(detail === '' ? [] : [style.description(detail)]),
    ...(problem === '' ? [] : [style.error(problem)]),
    style.keysHelpTip([
      ['space', 'tick'],
      ['tab', 'all shown'],
      ['⏎', 'go on'],
      ...(config.canGoBack ? [['esc', 'back'] satisfies [string, string]] : []),
    ]),
  ];
  return [`${question} ${style.answer(count)} ${style.description(`· ${filtered}`)}`, below.join('\n')];
});

/** Every word of the filter is somewhere in the name or the detail. */
function matching(choices: readonly CheckChoice[], filter: string): readonly CheckChoice[] {
  const words = filter.toLowerCase().split(/\s+/);
  return choices.filter(({ name, detail }) => {
    const text = `${name} ${detail}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** All of them off where all are on, else all on. */
function toggled(ticked: ReadonlySet<string>, choices: readonly CheckChoice[]): ReadonlySet<string> {
  const next = new Set(ticked);
  const isOn = choices.every(({ value }) => ticked.has(value));
  for (const { value } of choices) {
    if (isOn) next.delete(value);
    else next.add(value);
  }
  return next;
}
