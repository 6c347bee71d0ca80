import { type Command, InvalidArgumentError, Option } from 'commander';
import { IdpFixError } from '../errors.js';
import { type CommonFlags, collectIds, common, withCommonOptions, withExamples } from './common-options.js';
import { fleetFormats, type Request } from './request.js';

type FleetFlags = CommonFlags & {
  policy?: string;
  only?: string[];
  skip?: string[];
  include?: 'review';
  allowOutside?: true;
  trusted?: string;
  format: (typeof fleetFormats)[number];
  output?: string;
  resume?: true;
  jobs?: number;
};

/** `idp-fix fleet TEMPLATE…`. */
export function addFleet(program: Command, ask: (request: Request) => void): void {
  const fleet = program
    .command('fleet')
    .description('plan thousands of templates on all processor cores, and say where to begin')
    .argument('<template...>', 'template files, and folders to search for templates')
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .addOption(
      new Option('--only <ids>', 'only these remediations, separated by commas').argParser(collectIds),
    )
    .addOption(new Option('--skip <ids>', 'all remediations but these').argParser(collectIds))
    .addOption(new Option('--include <class>', 'plan patches that need approval, too').choices(['review']))
    .option('--allow-outside', "allow nested templates outside the root template's folder")
    .option('--trusted <dir>', 'read policies in this checkout, by the same paths')
    .addOption(
      new Option(
        '--jobs <number>',
        'how many templates are planned at once (default: one per core)',
      ).argParser(countOf),
    )
    .addOption(
      new Option('--format <format>', 'a summary as text or json, or every plan as a line of ndjson')
        .choices([...fleetFormats])
        .default('text'),
    )
    .option('--output <file>', 'with --format ndjson: write the lines to a file')
    .option('--resume', 'with --output: keep the lines that are there, and plan what is missing')
    .action((templates: string[], flags: FleetFlags, command: Command) =>
      ask(fleetRequest(templates, flags, command)),
    );
  withExamples(withCommonOptions(fleet), [
    ['idp-fix fleet templates', 'which stacks have most to do, and what one entry in the policy decides'],
    ['idp-fix fleet --format ndjson --output plans.ndjson .', 'every plan, a line each'],
    ['idp-fix fleet --format ndjson --output plans.ndjson --resume .', 'go on after an interruption'],
  ]);
}

/** @throws IdpFixError `usage` for options that have no meaning without another one */
function fleetRequest(templates: readonly string[], flags: FleetFlags, command: Command): Request {
  if (flags.output !== undefined && flags.format !== 'ndjson') {
    throw new IdpFixError('usage', '--output only has a meaning with --format ndjson', {
      hint: 'a summary goes to the standard output',
    });
  }
  if (flags.resume === true && flags.output === undefined) {
    throw new IdpFixError('usage', '--resume only has a meaning with --output', {
      hint: 'name the file that the interrupted run has written: --format ndjson --output FILE --resume',
    });
  }
  return {
    command: 'fleet',
    templates,
    policy: flags.policy,
    only: flags.only ?? [],
    skip: flags.skip ?? [],
    includeReview: flags.include === 'review',
    allowOutside: flags.allowOutside ?? false,
    trusted: flags.trusted,
    format: flags.format,
    output: flags.output,
    resume: flags.resume ?? false,
    jobs: flags.jobs,
    ...common(command),
  };
}

function countOf(word: string): number {
  const number = Number(word);
  if (!Number.isInteger(number) || number < 1 || number > 256)
    throw new InvalidArgumentError('it is a number from 1 to 256');
  return number;
}
