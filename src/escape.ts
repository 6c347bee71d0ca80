/**
 * Text of others (templates, policies, findings, file names, answers of AWS) made harmless for where it is shown, one
 * function for each place. HTML, Markdown, XML and the commands of GitHub have theirs where they are written.
 */

/**
 * What would deceive a reader or steer a terminal: control characters, what turns the direction of writing, what has no
 * width, tags, line separators and halves of surrogate pairs. The line break and the tabulator are left out.
 * @source https://trojansource.codes
 */
const deceiving =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** The colors of this program, line ends, and everything that deceives. */
const inOutput = new RegExp(`\\r\\n|\\x1b\\[(?:[12]|22|3[1236]|39)m|${deceiving.source}`, 'gu');

/** The same text with a sign for each character that would deceive: `‹U+001B›`. Line breaks stay. */
export function visible(text: string): string {
  return text.replaceAll(deceiving, sign);
}

function sign(character: string): string {
  return `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`;
}

/**
 * A value on one line of a terminal or of the log of a pipeline, where nothing in it is a command to GitHub's runner: that
 * takes a line for one that begins with `::name … ::`, or has `##[name]` anywhere.
 * @source https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function terminalLine(text: string): string {
  return visible(text)
    .replaceAll(/[\n\t]/g, sign)
    .replaceAll(/(?<![^\s›])::(?=[a-z][\w-]*(?:\s.*)?::)/gi, '‹::›')
    .replaceAll(/##(?=\[)/g, '‹##›');
}

/** Plain data with every text in it, keys included, made a line of a terminal; what needs no change is the same object. */
export function terminalValues<Data>(data: Data): Data {
  return mapped(data) as Data;
}

function mapped(data: unknown): unknown {
  if (typeof data === 'string') return terminalLine(data);
  if (typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data)) {
    const list = data.map(mapped);
    return list.every((each, index) => each === data[index]) ? data : list;
  }
  const entries = Object.entries(data);
  const changed = entries.map(([key, value]) => [terminalLine(key), mapped(value)] as const);
  const isSame = changed.every(([key, value], index) => {
    const [oldKey, oldValue] = entries[index] ?? [];
    return key === oldKey && value === oldValue;
  });
  return isSame ? data : Object.fromEntries(changed);
}

/** Whole output for a terminal, as the last thing before it gets there: lines and colors of this program stay. */
export function terminalText(text: string): string {
  return text.replaceAll(inOutput, (found) => (found.length > 1 && !isPair(found) ? found : sign(found)));
}

/** One character in two units. */
function isPair(text: string): boolean {
  return (text.codePointAt(0) ?? 0) > 0xffff;
}

/**
 * JSON that a terminal or a log can show: what would deceive stands there as `\u001b`, and means the same.
 * @param indentation in blanks; 0 for one line
 */
export function jsonText(value: unknown, indentation = 2): string {
  return JSON.stringify(value, null, indentation).replaceAll(deceiving, (character) =>
    Array.from({ length: character.length }, (_, index) => codeUnit(character, index)).join(''),
  );
}

/** A text in quotes as Python and TOML read it, where what would deceive is escaped; half a character is none. */
export function quotedText(text: string): string {
  const whole = text.replaceAll(/\p{Cs}/gu, '\ufffd');
  return JSON.stringify(whole).replaceAll(
    deceiving,
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}

function codeUnit(text: string, index: number): string {
  return `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`;
}

/** A word as a shell takes it, for commands to copy; on one line, whatever is in it (bash, zsh and ksh know `$'…'`). */
export function shellWord(word: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word)) return word;
  const shown = terminalLine(word);
  if (shown === word) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = [...new TextEncoder().encode(word)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w@%+=,./ -]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `$'${escaped.join('')}'`;
}
