import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a reader may follow: the pages of the project, by path from its folder. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .sort(),
  'remediations/README.md',
];

export interface Block {
  readonly page: string;
  /** One-based. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^( *)(`{3,})(.*)\n([\s\S]*?)^\1\2$/gm)].map((match) => {
    const [, indentation = '', , language = '', body = ''] = match;
    return {
      page,
      line: text.slice(0, match.index).split('\n').length,
      language,
      text: body.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
    };
  });
}

/** A page without its fenced blocks. */
export function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, '');
}

/** What a page asks for beside the project, in a comment: `<!-- needs: accelerator -->`. */
export function needsOf(page: string): readonly string[] {
  const [, companions = ''] = /^<!-- needs: (.*) -->$/m.exec(readFileSync(page, 'utf8')) ?? [];
  return companions
    .split(',')
    .map((need) => need.trim())
    .filter((need) => need !== '');
}
