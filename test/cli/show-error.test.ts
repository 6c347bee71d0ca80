import { describe, expect, it } from 'vitest';
import { showDefect, showError } from '../../src/cli/show-error.js';
import { IdpFixError } from '../../src/errors.js';
import { paint } from '../../src/report/paint.js';

const plain = paint(false);

describe('showError', () => {
  it('says what, where, and what to do about it', () => {
    const place = { file: 'a.yaml', line: 3, column: 7 };
    const error = new IdpFixError('template-invalid', 'there is no type', { place, hint: 'add one' });
    expect(showError(error, plain)).toBe('error: a.yaml:3:7: there is no type\n  add one\n');
  });

  it('leaves out what is not known', () => {
    expect(showError(new IdpFixError('usage', 'no template was named'), plain)).toBe(
      'error: no template was named\n',
    );
    const error = new IdpFixError('file-not-found', 'there is no such file', { place: { file: 'a.yaml' } });
    expect(showError(error, plain)).toBe('error: a.yaml: there is no such file\n');
  });

  it('cuts what a file has filled with itself', () => {
    const long = 'x'.repeat(100_000);
    const error = new IdpFixError('usage', `${long} is no number`, { hint: `${long}\nand more` });
    const shown = showError(error, plain);
    expect(shown.length).toBeLessThan(5_000);
    expect(shown).toMatch(/^error: x+…\n {2}x+…\n {2}and more\n$/);
  });
});

describe('showDefect', () => {
  it('owns up, and shows no stack unless asked to', () => {
    const error = new TypeError('x is not a function\nmore');
    expect(showDefect(error, '1.2.3', false)).toMatch(
      /^this is a defect in idp-fix 1\.2\.3, .*: x is not a function\n.*\n$/,
    );
    expect(showDefect(error, '1.2.3', true)).toContain('show-error.test.ts');
    expect(showDefect('thrown text', '1.2.3', false)).toContain('thrown text');
  });
});
