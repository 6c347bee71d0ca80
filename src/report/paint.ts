/** Colours a text for a terminal, or leaves it as it is. Colour never carries a meaning that the words don't. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const sgr = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export function paint(colour: boolean): Paint {
  const style = (name: keyof typeof sgr) => (text: string) =>
    colour ? `\u001b[${sgr[name][0]}m${text}\u001b[${sgr[name][1]}m` : text;
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    green: style('green'),
    yellow: style('yellow'),
    cyan: style('cyan'),
  };
}
