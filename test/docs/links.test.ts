import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { pages, proseOf } from './pages.js';

interface Link {
  readonly page: string;
  readonly target: string;
}

/** Outside of fenced blocks and code; addresses of other sites are not followed. */
function linksOf(page: string): readonly Link[] {
  const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => ({ page, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function isBroken({ page, target }: Link): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) return true;
  return anchor !== undefined && statSync(file).isFile() && !anchorsOf(file).has(anchor);
}

it('leads nowhere that does not exist', () => {
  const links = pages.flatMap(linksOf);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter(isBroken)).toEqual([]);
});

/** Files of the project that a page names as code, `src/plan/place.ts`; patterns and what the reader is to make are left out. */
function filesNamedIn(page: string): readonly Link[] {
  return [
    ...proseOf(page).matchAll(
      /`((?:src|remediations|test|bench|mutate|deploy)\/[\w./-]+\.(?:ts|mjs|json|yaml))`/g,
    ),
  ].map(([, target = '']) => ({ page, target }));
}

it('names no file of the project that is not there', () => {
  const named = pages.flatMap(filesNamedIn);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ target }) => !existsSync(join(import.meta.dirname, '..', '..', target)))).toEqual(
    [],
  );
});
