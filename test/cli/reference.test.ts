import { describe, expect, it } from 'vitest';
import { pathOf, withAllBelow } from '../../src/cli/common-options.js';
import { buildProgram, parseArguments } from '../../src/cli/program.js';

/** Words that lead to each command: `['change-set', 'create']`. */
const paths = withAllBelow(buildProgram('0.0.0', () => {})).map(pathOf);

function helpOf(path: readonly string[]): string {
  const request = parseArguments([...path, '--help'], '0.0.0');
  return request.command === 'text' ? request.text : '';
}

describe.each(paths.map((path) => [['idp-fix', ...path].join(' '), path] as const))(
  '%s --help',
  (name, path) => {
    const help = helpOf(path);

    it('fits into 80 columns', () => {
      expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    });

    it('says what every argument and every flag is', () => {
      const undescribed = help
        .split('\n')
        .filter((line) => /^ {2}(?:-|[a-z<[])\S*(?:, --\S+)?(?: [<[]\S+)?$/.test(line));
      expect(undescribed).toEqual([]);
    });

    it('has examples that are understood', () => {
      const [, examples = ''] = help.split('\nExamples:\n');
      const commands = examples
        .split('\n\n')[0]
        ?.split('\n')
        .filter((line) => line.startsWith('  idp-fix'))
        .map((line) => line.trim().split(/ {2,}/)[0] ?? '');
      expect(commands?.length).toBeGreaterThan(0);
      for (const command of commands ?? []) {
        expect(command.startsWith(name.split(' ').slice(0, 2).join(' '))).toBe(true);
        expect(() => parseArguments(command.split(' ').slice(1), '0.0.0'), command).not.toThrow();
      }
    });

    it('is what idp-fix help prints', () => {
      expect(parseArguments(['help', ...path], '0.0.0')).toEqual({ command: 'text', text: help });
    });
  },
);

it('uses the width there is', () => {
  const request = parseArguments(['--help'], '0.0.0', 120);
  const text = request.command === 'text' ? request.text : '';
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeGreaterThan(80);
});
