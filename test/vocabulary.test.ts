import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@lezer/javascript';
import { describe, expect, it } from 'vitest';

/**
 * One vocabulary for what people read: auto-fix, needs approval, needs input, manual, pass, n/a, accepted, unknown, in US
 * spelling. Held over every string of the program and over the documentation.
 */
const avoided =
  /\b(?:somebody|nobody|everybody|whoever|(?:for|by|to) a person|in order(?! to\b)|stands|stood|lies in|lies outside|lies? in one|brings?(?= along| new)|mend|mended|by hand|needs? consent|makes for itself|taken for|colours?|artefacts?|behaviours?|licences?)\b/i;

const typescript = parser.configure({ dialect: 'ts' });

function stringsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  const found: string[] = [];
  typescript.parse(text).iterate({
    enter({ name, from, to }) {
      if (name === 'String' || name === 'TemplateString') found.push(text.slice(from, to));
    },
  });
  // A single word is a name, not prose.
  return found.filter((each) => each.includes(' ')).map((each) => each.replaceAll(/\$\{[^}]*\}/g, '…'));
}

const filesBelow = (folder: string, suffix: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(suffix))
    .map((path) => join(folder, path));

describe('the vocabulary', () => {
  it('recognizes what it is to keep out', () => {
    for (const text of ['Somebody is told', 'left for a person', '3 in order', 'it needs consent'])
      expect(text).toMatch(avoided);
    expect('in order to read it').not.toMatch(avoided);
  });

  it.each(['src', 'remediations'])('is kept by the strings of %s', (folder) => {
    const files = filesBelow(folder, '.ts').filter(
      (path) => !path.startsWith(join('src', 'dev')) && !path.includes('fish.ts'),
    );
    const found = files.flatMap((path) =>
      stringsOf(path).flatMap((text) => (avoided.test(text) ? [`${path}: ${text}`] : [])),
    );
    expect(found).toEqual([]);
  });

  it('is kept by the documentation', () => {
    const pages = [
      'README.md',
      ...filesBelow('docs', '.md').filter((path) => !/decisions|captures/.test(path)),
    ];
    const found = pages.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          /\b(?:somebody|for a person|in order(?! to\b)|needs? consent|nobody would be told)\b/i.test(line)
            ? [`${path}:${index + 1}: ${line.trim()}`]
            : [],
        ),
    );
    expect(found).toEqual([]);
  });
});
