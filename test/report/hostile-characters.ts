/** Every C0 and C1 character but the line break and the tabulator, bidirectional marks, what has no width, tags. */
const codePoints = [
  ...Array.from({ length: 32 }, (_, code) => code).filter((code) => code !== 9 && code !== 10),
  ...Array.from({ length: 33 }, (_, index) => 0x7f + index),
  0xad,
  0x61c,
  0x180e,
  0x200b,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  0x202a,
  0x202b,
  0x202c,
  0x202d,
  0x202e,
  0x2060,
  0x2066,
  0x2067,
  0x2068,
  0x2069,
  0xfeff,
  0xfff9,
  0xfffb,
  0xe0001,
  0xe0041,
  0xe007f,
];
export const characters = codePoints.map((code) => String.fromCodePoint(code));
export const deceives = (text: string) => characters.filter((character) => text.includes(character));

export const phrases = [
  '::error::forged',
  '::add-matcher::evil.json',
  '::set-output name=x::y',
  '##[group]forged',
  ']]>',
  '</script><script>alert(1)</script>',
  '<!-- x -->',
  '| a | b |',
  '```',
  '`x`',
  '$(touch pwned)',
  '"; touch pwned; #',
  "' && touch pwned",
  '[x](javascript:alert(1))',
  '\u001b]0;title\u0007',
  '\u001b[2J\u001b[31m',
  '\u001b]8;;http://evil\u001b\\click\u001b]8;;\u001b\\',
  'x\n::error::forged',
  'x\r\n  ::stop-commands::token',
  '\t::error::forged',
];

/** What GitHub's runner would take for a command. */
export const commandsIn = (text: string) =>
  text.split('\n').filter((line) => /^\s*::[a-z-]+(?: .*)?::/i.test(line) || /##\[/.test(line));

/** All of it in one text, for the places that take one. */
export const everything = `${characters.map((each) => `a${each}b`).join('')}${phrases.join(' ')}<img src=x onerror=alert(1)>`;
