import { parseArguments } from '../cli/arguments.js';
import { pathOf, withAllBelow } from '../cli/command-tree.js';
import { buildProgram } from '../cli/program.js';

/** The page of all commands, in Markdown: their help, as a terminal of 80 columns shows it. */
export function commandLinePage(): string {
  const sections = withAllBelow(buildProgram('', () => {})).map((command) => {
    const path = pathOf(command);
    const request = parseArguments([...path, '--help'], '');
    const help = request.command === 'text' ? request.text.trimEnd() : '';
    return `## ${['idp-fix', ...path].join(' ')}\n\n\`\`\`text\n${help}\n\`\`\`\n`;
  });
  return [
    '# Command line',
    '',
    "<!-- Written by npm run generate from src/cli/program.ts; don't edit. -->",
    '',
    'Flags may stand before and behind the templates. Data goes to the standard output, everything else to the standard error;',
    'the exit codes are the same for all commands, see [exit-codes.md](reference/exit-codes.md).',
    '',
    sections.join('\n'),
  ].join('\n');
}
