/**
 * The notices of what a bundle holds of others: name, version, license and its text for every package, taken from the
 * packages themselves. A license that is not on the list ends the build: whether it may be shipped is a decision.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Permissive licenses; all ask that their text, and a notice file where there is one, come along. */
const allowed = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Python-2.0'];

/** Folders of the packages with code in any output, by esbuild's metafile. */
export function bundledPackages(metafile) {
  const folders = new Set();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  return [...folders].sort();
}

/** @throws Error when a package has no license, or one that is not allowed */
export function noticesOf(folders) {
  const byText = new Map();
  for (const folder of folders) {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (!allowed.includes(license)) {
      throw new Error(`${name} ${version} is under ${license}, which is not in the list of ${import.meta.filename}`);
    }
    const text = licenseText(folder) ?? standardText(license, author?.name ?? author ?? `the authors of ${name}`);
    if (text === undefined) throw new Error(`${name} ${version} comes without the text of its license, ${license}`);
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const sections = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  const head = 'idp-fix is distributed as a bundle. It holds code of these packages, under these licenses.\n';
  return [head, ...sections].join(`\n${'-'.repeat(80)}\n\n`);
}

function licenseText(folder) {
  const texts = readdirSync(folder)
    .filter((name) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

/** For packages that name their license and leave its text out. */
function standardText(license, holder) {
  if (license === 'Apache-2.0') return readFileSync('LICENSE', 'utf8').trim();
  if (license === 'MIT') return mit(String(holder).replace(/\s*[<(].*$/, ''));
  return undefined;
}

const mit = (holder) => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
