/** Other bytes for the same template: how they come about, how texts compare then, and what must not change. */
export interface Variant {
  readonly name: string;
  change(text: string): string;
  back(text: string): string;
  readonly keeps: RegExp;
}

export const variants: readonly Variant[] = [
  {
    name: 'with CRLF line ends',
    change: (text) => text.replaceAll('\n', '\r\n'),
    back: (text) => text.replaceAll('\r\n', '\n'),
    keeps: /^(?:[^\n]*\r\n)*$/,
  },
  {
    name: 'with a byte order mark',
    change: (text) => `\uFEFF${text}`,
    back: (text) => text,
    keeps: /^/,
  },
  {
    name: 'without a final line end',
    change: (text) => text.replace(/\n$/, ''),
    back: (text) => text.replace(/\n$/, ''),
    keeps: /[^\n]$/,
  },
];
