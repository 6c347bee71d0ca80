import { type Command, InvalidArgumentError } from 'commander';
import type { CommonOptions } from './request.js';

export type CommonFlags = {
  code?: boolean;
  color?: boolean;
  quiet?: true;
  verbose?: true;
  yes?: true;
  plugin?: string[];
};

export function withCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Everywhere:')
    .option('--no-color', 'no colour (NO_COLOR, FORCE_COLOR and TERM=dumb are honoured too)')
    .option('--no-code', 'read templates only, not the code and the definitions beside them')
    .option('--quiet', 'no notes on the standard error')
    .option('--verbose', 'fold nothing; show where a defect comes from')
    .option('--yes', 'ask nothing, as without a terminal; to execute a change set takes --confirm then')
    .option(
      '--plugin <module>',
      'file or package with remediations of your own; its code is run; may be given several times',
      collect,
    )
    .helpOption('-h, --help', 'print this help');
}

/** These may stand before the command's name or behind it. */
export function common(command: Command): CommonOptions {
  const given: CommonFlags[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent)
    given.push(each.opts<CommonFlags>());
  return {
    plain: given.some(({ color }) => color === false),
    quiet: given.some(({ quiet }) => quiet),
    verbose: given.some(({ verbose }) => verbose),
    withoutCode: given.some(({ code }) => code === false),
    unasked: given.some(({ yes }) => yes),
    plugins: given.flatMap(({ plugin = [] }) => plugin),
  };
}

export function collect(word: string, earlier: string[] = []): string[] {
  return [...earlier, word];
}

export function collectIds(word: string, earlier: string[] | undefined): string[] {
  const ids = word.split(',').map((id) => id.trim());
  if (ids.includes('')) throw new InvalidArgumentError('ids are separated by single commas');
  return [...(earlier ?? []), ...ids];
}
