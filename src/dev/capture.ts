/**
 * `npm run capture [-- --check] [-- NAME…]`: the pictures, or those that are named, in `docs/captures`, each taken of a real session of the built program in a
 * pseudo-terminal of 80 columns. The same program gives the same bytes; `--check` says which pictures are no longer right.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { screenSvg } from './terminal/screen-svg.js';
import { keys, missingForSessions, openSession, type Session } from './terminal/session.js';

interface Capture {
  readonly name: string;
  /** Folder of `examples/` the program runs in. */
  readonly example: string;
  readonly words: readonly string[];
  /** Does what leads to what is to be seen, and waits until it is. */
  act(session: Session): Promise<void>;
  /** How the first line of the picture begins. */
  readonly from: string;
  /** Longer ones are cut; all there is when absent. */
  readonly mostLines?: number;
}

const captures: readonly Capture[] = [
  {
    name: 'plan',
    example: 'small',
    words: ['template.yaml'],
    act: async (session) => {
      await session.waitForEnd();
    },
    from: 'template.yaml',
    mostLines: 42,
  },
  {
    name: 'diff',
    example: 'small',
    words: [...firstRun(), '--apply', '--dry-run'],
    act: async (session) => {
      await session.waitForEnd();
    },
    from: '--- a/',
  },
  {
    name: 'stat',
    example: 'document-pipeline',
    words: ['template.yaml', '--stat'],
    act: async (session) => {
      await session.waitForEnd();
    },
    from: ' template.yaml',
  },
  {
    name: 'wizard',
    example: 'document-pipeline',
    words: ['wizard'],
    act: (session) => askedFor('Which KMS key', session),
    from: 'Step 2 of 6',
  },
  {
    name: 'wizard-changes',
    example: 'small',
    words: ['wizard'],
    act: async (session) => {
      await askedFor('Which KMS key', session);
      await session.choose('Which KMS key', 'EncryptionKey');
      await session.answer('How many executions', '');
      await session.choose('Answer', 'later');
      await session.choose('Which changes?', 'tick them in a list');
      await session.waitForLine('? Which changes should be written?');
    },
    from: 'Step 5 of 6',
  },
];

/** What the README plans first: its command without the path of the example. */
function firstRun(): readonly string[] {
  const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  const [, flags = ''] = /^\$ npx idp-fix examples\/small\/template\.yaml (.*)$/m.exec(readme) ?? [];
  return ['template.yaml', ...flags.split(' ').filter((word) => word !== '')];
}

async function askedFor(message: string, session: Session): Promise<void> {
  await session.choose('What is the stack for?', 'production');
  await session.choose('Which policy', 'production');
  await session.waitForLine(`? ${message}`);
}

const project = fileURLToPath(new URL('../..', import.meta.url));
const pictures = join(project, 'docs', 'captures');

const missing = missingForSessions();
if (missing !== undefined) {
  console.error(`captures need ${missing}`);
  process.exit(1);
}
mkdirSync(pictures, { recursive: true });
const stale: string[] = [];
const named = process.argv.slice(2).filter((word) => !word.startsWith('-'));
for (const capture of captures.filter(({ name }) => named.length === 0 || named.includes(name))) {
  const path = join(pictures, `${capture.name}.svg`);
  const svg = await taken(capture);
  if (existsSync(path) && readFileSync(path, 'utf8') === svg) continue;
  stale.push(`docs/captures/${capture.name}.svg`);
  if (!process.argv.includes('--check')) writeFileSync(path, svg);
}
if (stale.length === 0) console.log('the captures are as the program looks now');
else if (process.argv.includes('--check')) {
  console.error(`no longer as the program looks: ${stale.join(', ')}; npm run capture takes them anew`);
  process.exitCode = 1;
} else console.log(`wrote ${stale.join(', ')}`);

/** In a copy of the example, which nobody else's policy lies above. */
async function taken({
  example,
  words,
  act,
  from,
  mostLines = Number.POSITIVE_INFINITY,
}: Capture): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-capture-'));
  try {
    cpSync(join(project, 'examples', example), folder, { recursive: true });
    const command = [process.execPath, join(project, 'dist', 'main.js'), ...words];
    const session = openSession(command, { folder, rows: 60 });
    await act(session);
    const lines = session.lines();
    const first = lines.findIndex((line) => line.startsWith(from));
    const svg = screenSvg(session.emulator, [first, Math.min(lines.length, first + mostLines)]);
    session.type(keys.interrupt);
    await session.waitForEnd();
    return svg;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
