import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.js';

const commands = [[], ['explain'], ['undo'], ['policy', 'init'], ['policy', 'show'], ['policy', 'check']];

/** `npx vitest run test/cli/reference.test.ts -u` writes the page anew. */
it('keeps docs/command-line.md equal to the help', async () => {
  const sections = commands.map((words) => {
    const request = parseArguments([...words, '--help'], '0.0.0');
    const help = request.command === 'text' ? request.text.trimEnd() : '';
    return `## ${['idp-fix', ...words].join(' ')}\n\n\`\`\`text\n${help}\n\`\`\`\n`;
  });
  const page = `# Command line\n\n<!-- Written by test/cli/reference.test.ts from src/cli/arguments.ts; don't edit. -->\n\n${sections.join('\n')}`;
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '..', '..', 'docs', 'command-line.md'));
});
