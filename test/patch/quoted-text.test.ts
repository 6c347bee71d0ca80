import { expect, it } from 'vitest';
import { applyEdits, editText, verifyEdit } from '../../src/patch/verify.js';
import { read } from '../document/reading.js';

it.each([
  [
    'a: !Sub \'{\n    "x": [ 1,\n\n   2 ]\n  }\' # why\n',
    '{ "x": [ 1,\n2, \'3\' ] }',
    "2, ''3'' ]\n  }' # why",
  ],
  ["a: '{\n    x\n  }'\n", '{ x,y }', "a: '{\n    x,y\n  }'\n"],
  ["a: '{\r\n    x\r\n  }'\r\n", '{ x,y }', "    x,y\r\n  }'\r\n"],
  ['a: "{\n    x\n  }"\n', '{ y }', 'a: "{\n    y\n  }"\n'],
  ["a: '{\n    x\n  }'\n", '{ x }z', "  }z'\n"],
])('a quoted text over several lines is changed where it differs: %j', (text, wanted, part) => {
  const document = read(text);
  const isCall = text.includes('!Sub');
  const operations = [{ op: 'replace' as const, path: '/a', value: isCall ? { 'Fn::Sub': wanted } : wanted }];
  const edited = applyEdits(text, editText(document, operations));
  expect(edited).toContain(part);
  expect(edited.split('\n')).toHaveLength(text.split('\n').length);
  verifyEdit(document, operations, edited);
});
