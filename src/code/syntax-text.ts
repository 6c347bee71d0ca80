import type { Parser, SyntaxNode, Tree } from '@lezer/common';

/** The text of a file with its lines. */
export interface SourceText {
  readonly text: string;
  /** Number of the line at an offset, from 1, the offset of the first one added. */
  lineAt(offset: number): number;
}

/** @param firstLine the number of the first line, where the text is part of another file */
export function sourceText(text: string, firstLine = 1): SourceText {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return {
    text,
    lineAt(offset) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return low + firstLine;
    },
  };
}

/** Comments can be between any two, and say nothing. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (!comments.has(child.name)) children.push(child);
  }
  return children;
}

const comments: ReadonlySet<string> = new Set(['Comment', 'LineComment', 'BlockComment']);

/** The lines at which the parser had to leave something out or make something up. */
export function brokenLines(tree: Tree, source: SourceText): readonly number[] {
  const lines = new Set<number>();
  tree.iterate({
    enter({ type, from }) {
      if (type.isError) lines.add(source.lineAt(from));
    },
  });
  return [...lines];
}

/** `undefined` for a text that nests so deep that the parser runs out of stack. */
export function parseText(parser: Parser, text: string): Tree | undefined {
  try {
    return parser.parse(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
