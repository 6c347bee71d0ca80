import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terminalOutput } from '../../src/adapters/terminal.js';
import {
  jsonText,
  shellWord,
  terminalLine,
  terminalText,
  terminalValues,
  visible,
} from '../../src/escape.js';
import { runInProcess } from '../cli/run-in-process.js';
import { characters, commandsIn, deceives, phrases } from './hostile-characters.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(fc.constantFrom(...phrases, ...characters, ' ', '\n', '\t', 'a', '::')), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
);

describe('one function for each place', () => {
  it('terminal and log: no character that deceives, no line break, no command', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = terminalLine(text);
        expect(deceives(line)).toEqual([]);
        expect(line).not.toMatch(/[\n\t]/);
        expect(commandsIn(line)).toEqual([]);
        // At whatever blank a line is broken.
        for (const word of line.split(' ').map((_, index, words) => words.slice(index).join(' '))) {
          expect(commandsIn(word)).toEqual([]);
        }
        expect(terminalLine(line)).toBe(line);
      }),
      { numRuns: 2000 },
    );
    for (const character of characters) expect(visible(`a${character}b`)).toMatch(/^a‹U\+[0-9A-F]{4,5}›b$/);
    expect(terminalLine('plain: a::b, ::/0, é, 日本')).toBe('plain: a::b, ::/0, é, 日本');
  });

  it('plain data: every text in it, keys included', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (data) => {
        const shown: string[] = [];
        JSON.stringify(terminalValues(data), (key, value: unknown) => {
          shown.push(key, typeof value === 'string' ? value : '');
          return value;
        });
        expect(shown.flatMap(deceives)).toEqual([]);
      }),
    );
    const same = { a: ['b', 1, null, true] };
    expect(terminalValues(same)).toBe(same);
  });

  it('output as a whole: the colors of this program and its lines alone', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const left = terminalText(text)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          .replaceAll(/\r\n|\u001b\[(?:1|2|22|31|32|33|36|39)m/g, '');
        expect(deceives(left)).toEqual([]);
      }),
    );
    const own = '\u001b[1mbold\u001b[22m \u001b[31mred\u001b[39m\n';
    expect(terminalText(own)).toBe(own);
    expect(terminalText('\u001b[5mblink')).toBe('‹U+001B›[5mblink');
  });

  it('JSON: means the same, and shows nothing raw', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const json = jsonText({ [text]: text });
        expect(deceives(json)).toEqual([]);
        expect(JSON.parse(json)).toEqual({ [text]: text });
      }),
    );
  });

  it('a word of a command: one line, and the shell gives back what it was', () => {
    // A word cannot hold the character 0, and half a character has no bytes.
    const words = fc
      .sample(anyText, 400)
      .concat(phrases, characters, ['', '~', '-x', '=ls', '!x', '*', 'a b', "it's", '\\'])
      .map((word) => word.replaceAll('\0', '').replaceAll(/\p{Cs}/gu, '\ufffd'));
    for (const word of words) {
      expect(deceives(shellWord(word))).toEqual([]);
      expect(shellWord(word)).not.toContain('\n');
    }
    const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
    const said = execFileSync('bash', ['-s'], { input: script, encoding: 'utf8' });
    expect(said.split('\0').slice(0, -1)).toEqual(words);
  });
});

describe('the streams', () => {
  const written = (isTTY: boolean) => {
    const told = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof told) => ({
      isTTY,
      columns: 80,
      write: (text: string) => {
        told[name] += text;
      },
    });
    const output = terminalOutput({ stdout: stream('stdout'), stderr: stream('stderr') }, {}, () => 9e9);
    for (const text of [...characters, ...phrases]) {
      output.data(text);
      output.note(text);
      output.progress(text);
    }
    return told;
  };

  it('show a person nothing raw, and leave data for programs as it is', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the progress line clears itself
    const own = /\r\u001b\[K|\r\n|\u001b\[31m/g;
    const { stdout, stderr } = written(true);
    expect(deceives(stdout.replaceAll(own, ''))).toEqual([]);
    expect(deceives(stderr.replaceAll(own, ''))).toEqual([]);
    const piped = written(false);
    expect(piped.stdout).toBe([...characters, ...phrases].join(''));
    expect(deceives(piped.stderr.replaceAll(own, ''))).toEqual([]);
  });
});

describe('a template whose every text is hostile', () => {
  let folder = '';
  let path = '';
  // YAML and JSON have no way to say a tag in one escape, so it stands as it is.
  const quoted = (text: string) =>
    jsonText(text).replaceAll(/\\udb40\\ud[cd][\da-f]{2}/g, (pair) => JSON.parse(`"${pair}"`));
  const payloads = [...phrases, characters.join(''), ...characters.map((each) => `a${each}b`)];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-hostile-'));
    const resources = payloads.map((payload, index) => {
      const skip = `{checkov: {skip: [{id: CKV_AWS_158, comment: ${quoted(payload)}}]}}`;
      return `  ${quoted(`L${index}${payload}`)}:\n    Type: AWS::Logs::LogGroup\n    Metadata: ${skip}\n    Properties: {LogGroupName: ${quoted(payload)}, RetentionInDays: ${quoted(payload)}, ${quoted(`K${payload}`)}: ${quoted(payload)}}\n`;
    });
    path = join(folder, 'a$(touch pwned)\u001b[31m\n::error::b.yaml');
    writeFileSync(path, `Resources:\n${resources.join('')}  Q: {Type: AWS::SQS::Queue}\n`);
    writeFileSync(
      join(folder, 'idp-fix.policy.yaml'),
      `name: ${quoted(characters.join('') + phrases.join(' '))}\n`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['text', 'json', 'patch', 'html', 'markdown', 'sarif', 'junit', 'github', 'gitlab'])(
    'has nothing raw in --format %s',
    async (format) => {
      const { data, notes, exitCode } = await runInProcess([path, '--format', format]);
      expect([exitCode, notes]).toEqual([1, '']);
      // What is put there to break links and mentions is the report's own.
      const shown = format === 'markdown' ? data.replaceAll('\u200b', '') : data;
      expect(deceives(shown)).toEqual([]);
      if (format === 'github') {
        expect(
          data
            .split('\n')
            .slice(0, -1)
            .every((line) => /^::(?:error|warning|notice) file=/.test(line)),
        ).toBe(true);
      } else if (format === 'text') expect(commandsIn(data)).toEqual([]);
      if (format === 'html') expect(data).not.toContain('<script>alert');
      if (format === 'markdown') {
        const page = micromark(data, {
          allowDangerousHtml: true,
          extensions: [gfm()],
          htmlExtensions: [gfmHtml()],
        });
        expect(page).not.toMatch(/<script|<!-- x|href="javascript/);
      }
      if (format === 'junit') expect(data).not.toMatch(/<script|\]\]>/);
      if (['json', 'patch', 'sarif', 'gitlab'].includes(format)) JSON.parse(data);
    },
  );

  it.each([
    ['--verbose'],
    ['--apply', '--dry-run', '--format', 'text', '--verbose'],
    ['--compare', 'itself'],
  ])('has nothing raw in the text with %s %s', async (...words) => {
    const given = words.map((word) => (word === 'itself' ? path : word));
    const { data, notes } = await runInProcess([path, ...given]);
    expect(deceives(data + notes)).toEqual([]);
    expect(commandsIn(data + notes)).toEqual([]);
  });

  it.each(['text', 'markdown', 'json'])('has nothing raw in the checklist as %s', async (format) => {
    const { data, notes } = await runInProcess(['checklist', path, '--format', format]);
    expect(deceives((data + notes).replaceAll('\u200b', ''))).toEqual([]);
    if (format === 'text') expect(commandsIn(data)).toEqual([]);
  });

  it('has nothing raw in what explain says, and its command can be copied', async () => {
    const all = await runInProcess(['explain', 'log-retention', path]);
    expect(deceives(all.data)).toEqual([]);
    expect(commandsIn(all.data)).toEqual([]);
    const command = /All about one of them: (.*)\n$/.exec(all.data)?.[1] ?? expect.fail(all.data);
    const said = execFileSync('bash', ['-c', `idp-fix() { printf '%s\\0' "$@"; }; ${command}`], {
      cwd: folder,
      encoding: 'utf8',
    }).split('\0');
    expect(said.slice(0, 3)).toEqual(['explain', 'log-retention', path]);
    for (const index of payloads.keys()) {
      const { data, exitCode } = await runInProcess([
        'explain',
        'log-retention',
        path,
        '--finding',
        `L${index}${payloads[index]}`,
      ]);
      expect(exitCode).toBe(0);
      expect(deceives(data)).toEqual([]);
      expect(commandsIn(data)).toEqual([]);
    }
  });

  it('has nothing raw in errors, whatever is wrong', async () => {
    const bad = join(folder, 'bad\u001b[2J\n::error::c.yaml');
    for (const payload of payloads) {
      for (const text of [
        `Resources: {${quoted(payload)}: 3}\n`,
        `Resources: {A: {Type: ${quoted(payload)}}}\n${quoted(payload)}: [\n`,
        `${quoted(payload)}: 1\n`,
      ]) {
        writeFileSync(bad, text);
        const { data, notes } = await runInProcess([bad, '--format', 'json']);
        expect(deceives(notes + data)).toEqual([]);
        expect(commandsIn(notes)).toEqual([]);
      }
      for (const words of [
        ['--only', payload],
        ['--policy', payload],
        ['--baseline', payload],
        ['--out', payload],
      ]) {
        const { notes } = await runInProcess([path, ...words]);
        expect(deceives(notes)).toEqual([]);
        expect(commandsIn(notes)).toEqual([]);
      }
      writeFileSync(
        bad,
        `${quoted(payload)}: 1\nremediations: {${quoted(payload)}: 2}\nname: [${quoted(payload)}]\n`,
      );
      const { notes, exitCode } = await runInProcess([path, '--policy', bad]);
      expect(exitCode).toBe(2);
      expect(deceives(notes)).toEqual([]);
      expect(commandsIn(notes)).toEqual([]);
    }
  });

  it('has nothing raw in what becomes of the findings of another tool', async () => {
    const results = payloads.map((payload) => ({
      ruleId: payload,
      message: { text: payload },
      locations: [{ physicalLocation: { artifactLocation: { uri: payload }, region: { startLine: 3 } } }],
    }));
    const log = { version: '2.1.0', runs: [{ tool: { driver: { name: characters.join('') } }, results }] };
    const findings = join(folder, 'findings.json');
    writeFileSync(findings, JSON.stringify(log));
    for (const format of ['text', 'markdown', 'html', 'json', 'sarif', 'junit', 'github']) {
      const { data, notes } = await runInProcess([path, '--findings', findings, '--format', format]);
      expect(deceives((data + notes).replaceAll('\u200b', '')), format).toEqual([]);
      if (format === 'text') expect(commandsIn(data + notes)).toEqual([]);
    }
  });
});
