import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeSource, encodeTemplate, sha256Of, withByteOrderMark } from '../../src/document/source.js';
import { refusal, sourceOf } from './reading.js';

describe('decoding', () => {
  test('keeps the text as it is, and the hash of the bytes as read', () => {
    const bytes = Buffer.from('\uFEFFKey: "ü – 😀"\r\nOther: 1\n');
    const source = decodeSource('nested/template.yaml', bytes);
    expect(source).toEqual({
      path: 'nested/template.yaml',
      text: 'Key: "ü – 😀"\r\nOther: 1\n',
      hasByteOrderMark: true,
      lineBreak: '\r\n',
      format: 'yaml',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  });

  test.each([
    ['a: 1\nb: 2\r\n', '\n'],
    ['a: 1\r\nb: 2\n', '\r\n'],
    ['\r\na: 1\n', '\r\n'],
    ['a: 1', '\n'],
  ])('takes the line break of %j from its first line', (text, lineBreak) => {
    expect(sourceOf(text).lineBreak).toBe(lineBreak);
  });

  test.each([
    ['{"a": 1}', 'template.yaml', 'json'],
    [' \n{"a": [1]}\n', 'template', 'json'],
    ['{"a": 1,}', 'template.yaml', 'yaml'],
    ['{a: 1}', 'template.yaml', 'yaml'],
    ['{"a": 1,}', 'template.json', 'json'],
    ['a: 1', 'template.json', 'yaml'],
    ['[1]', 'template.json', 'yaml'],
    ['a: {"b": 1}', 'template.json', 'yaml'],
  ])('takes %j in %s for %s', (text, path, format) => {
    expect(sourceOf(text, path).format).toBe(format);
  });
});

describe('bytes that are no template', () => {
  test.each([
    [
      'UTF-16 with its mark',
      Buffer.from('\uFEFFa: 1', 'utf16le'),
      '-:- the file is UTF-16, and CloudFormation reads UTF-8',
    ],
    [
      'UTF-16 without it',
      Buffer.from('a: 1', 'utf16le'),
      '1:2 the character U+0000 is not allowed in a template',
    ],
    [
      'UTF-16 the other way round',
      Buffer.from('\uFEFFa: 1', 'utf16le').swap16(),
      '-:- the file is UTF-16, and CloudFormation reads UTF-8',
    ],
    ['half a mark', Buffer.from([0xff, 0x61]), '-:- the file is not valid UTF-8'],
    ['half of the other', Buffer.from([0xfe, 0x61]), '-:- the file is not valid UTF-8'],
    ['the mark behind a character', Buffer.from([0x61, 0xfe, 0xff, 0xfe]), '-:- the file is not valid UTF-8'],
    ['Latin-1', Buffer.from('a: \xfc', 'latin1'), '-:- the file is not valid UTF-8'],
    ['an overlong sequence', Buffer.from([0x61, 0x3a, 0x20, 0xc0, 0xaf]), '-:- the file is not valid UTF-8'],
    ['a lone CR', Buffer.from('a: 1\nb: 2\rc: 3\n'), '2:5 a carriage return without a line feed'],
    ['a lone CR at the end', Buffer.from('a: 1\r'), '1:5 a carriage return without a line feed'],
    [
      'an escape character',
      Buffer.from('a: \x1b[0m'),
      '1:4 the character U+001B is not allowed in a template',
    ],
    [
      'two byte order marks',
      Buffer.from('\uFEFF\uFEFFa: 1'),
      '1:1 the character U+FEFF is not allowed in a template',
    ],
  ])('%s', (_, bytes, message) => {
    expect(refusal(() => decodeSource('template.yaml', bytes))).toBe(message);
  });
});

test('a mark counts at the start, as a whole, and comes back', () => {
  const source = sourceOf('a: \uFEFFb\n');
  expect([source.hasByteOrderMark, source.text]).toEqual([false, 'a: \uFEFFb\n']);
  const other = sourceOf('\uF0FFa: 1\n');
  expect([other.hasByteOrderMark, other.text]).toEqual([false, '\uF0FFa: 1\n']);
  expect(withByteOrderMark('a', { hasByteOrderMark: true })).toBe('\uFEFFa');
  expect(withByteOrderMark('a', { hasByteOrderMark: false })).toBe('a');
  expect([...encodeTemplate('ü', { hasByteOrderMark: true })]).toEqual([0xef, 0xbb, 0xbf, 0xc3, 0xbc]);
  expect(sha256Of(new Uint8Array())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
