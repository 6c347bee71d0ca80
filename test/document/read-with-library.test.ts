import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { read } from './reading.js';

function isLibraryLoaded(): boolean {
  return Object.keys(createRequire(import.meta.url).cache).some((path) =>
    /[\\/]yaml[\\/]dist[\\/]/.test(path),
  );
}

test('the library is loaded by the first text that needs it, and not before', () => {
  read('a: !Ref b\n');
  read('{"a": 1}');
  expect(isLibraryLoaded()).toBe(false);
  read('? a\n');
  expect(isLibraryLoaded()).toBe(true);
});
