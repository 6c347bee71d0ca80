import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from '../../../src/escape.js';
import { html } from '../../../src/report/html/page.js';

describe('html', () => {
  it('escapes values for text and for attributes', () => {
    const value = `<a href="x" title='y'>&\`</a>`;
    expect(html`<p title="${value}">${value}</p>`.text).toBe(
      '<p title="&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&#96;&lt;/a&gt;">&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&#96;&lt;/a&gt;</p>',
    );
  });

  it('leaves out what there is none of, joins lists, and takes markup as it is', () => {
    expect(
      html`<ul>${[1, 2].map((each) => html`<li>${each}</li>`)}${null}${undefined}${false}</ul>`.text,
    ).toBe('<ul><li>1</li><li>2</li></ul>');
  });

  it('keeps the white space of values and drops its own indentation', () => {
    expect(
      html`<pre>
        ${'a\n    b'}</pre>`.text,
    ).toBe('<pre>\na\n    b</pre>');
  });

  it('lets no text out of its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(html`${value}`.text).not.toMatch(/[<>"'`]/);
      }),
    );
  });

  it('is used with attributes in quotes only', () => {
    const folder = join(import.meta.dirname, '../../../src/report/html');
    const unquoted = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/<[a-z][^>`]*=\$\{/g) ?? []);
    expect(unquoted).toEqual([]);
  });
});

describe('visible', () => {
  it('shows what would deceive a reader, and nothing else', () => {
    expect(visible('a\u202eb\u0000\u200b\u2028\ud800')).toBe('a‹U+202E›b‹U+0000›‹U+200B›‹U+2028›‹U+D800›');
    expect(visible('line\n\ttab – “quotes” 日本語 😀')).toBe('line\n\ttab – “quotes” 日本語 😀');
  });
});
