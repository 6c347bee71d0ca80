import { type Command, Option } from 'commander';
import { IdpFixError } from '../errors.js';
import { closest } from '../policy/problems.js';
import { type Format, formats } from '../report/reports.js';
import {
  type CommonFlags,
  collect,
  collectIds,
  common,
  withCommonOptions,
  withExamples,
} from './common-options.js';
import { type CompareRequest, type PlanRequest, type Request, suppressionHandlings } from './request.js';

type PlanFlags = CommonFlags & {
  apply?: true;
  dryRun?: true;
  out?: string;
  only?: string[];
  skip?: string[];
  include?: 'review';
  policy?: string;
  parameters?: string[];
  suppressions?: (typeof suppressionHandlings)[number];
  format?: Format;
  output?: string;
  allowOutside?: true;
  trusted?: string;
  transformed?: string;
  baseline?: string;
  writeBaseline?: string;
  findings?: string[];
  onlyOpen?: true;
  pretty?: true;
  stat?: true;
  title?: string;
  sourceUrl?: string;
  compare?: string;
};

/** `idp-fix [TEMPLATE…]`, what the program does when no command is named. */
export function addPlan(program: Command, ask: (request: Request) => void): void {
  program
    .argument('[template...]', 'template files, folders to search for templates, or - for the standard input')
    .optionsGroup('Writing:')
    .option('--apply', 'write the patched templates')
    .option('--dry-run', 'with --apply: show exactly what would be written, and write nothing')
    .option('--out <dir>', 'with --apply: write below this folder instead of in place')
    .addOption(new Option('--include <class>', 'also write patches that need approval').choices(['review']))
    .optionsGroup('What is looked for:')
    .option(
      '--policy <file|preset>',
      'default: nearest idp-fix.policy.yaml upwards, else the preset production',
    )
    .addOption(
      new Option('--only <ids>', 'only these remediations, separated by commas').argParser(collectIds),
    )
    .addOption(new Option('--skip <ids>', 'all remediations but these').argParser(collectIds))
    .addOption(
      new Option('--suppressions <how>', 'what skips in the templates count for').choices([
        ...suppressionHandlings,
      ]),
    )
    .option(
      '--parameters <file|k=v>',
      'parameter values of the deployed stack; may be given several times',
      collect,
    )
    .option('--allow-outside', "allow nested templates outside the root template's folder")
    .option(
      '--transformed <file>',
      'what a later transform makes of the template: what it deletes is left alone, and nothing added refers to it',
    )
    .option(
      '--trusted <dir>',
      'read policy and baseline in this checkout, by the same paths: a pull request then cannot change them',
    )
    .option('--baseline <file>', 'findings in this file are known; only new ones count for the exit code')
    .option('--write-baseline <file>', "make today's findings the known ones; no report, no template written")
    .option(
      '--findings <file>',
      'findings of another tool, and how each is handled; may be given several times',
      collect,
    )
    .option(
      '--compare <template>',
      'the release before: what the policy did there, and what becomes of that in the template named',
    )
    .optionsGroup('Report:')
    .addOption(new Option('--format <format>', 'form of the report (default: text)').choices([...formats]))
    .option('--output <file>', 'write the report to a file')
    .option('--stat', 'how much changes in which file, and which permissions and keys: --format stat')
    .option('--only-open', 'with --format json: leave out findings that pass, do not apply or are accepted')
    .option('--pretty', 'with --format json: indent it; a terminal gets it so, a pipe or a file in one line')
    .option('--title <text>', 'with --format html: what the review is called')
    .option(
      '--source-url <url>',
      'with --format html: this folder on a code host, at a commit, for links to lines',
    )
    .action((words: string[], flags: PlanFlags, command: Command) =>
      ask(
        impliedWizard(words, flags, command) ??
          comparison(
            {
              command: 'plan',
              ...planOptions(words, flags),
              slip: slipOf(words, command),
              ...common(command),
            },
            flags.compare,
          ),
      ),
    );
}

function planOptions(words: readonly string[], flags: PlanFlags) {
  // `--parameters A=1 B=2 template.yaml`: the flag takes one word, so the others of its kind arrive as templates.
  const isParameter = (word: string) => flags.parameters !== undefined && /^[A-Za-z0-9]+=/.test(word);
  const templates = words.filter((word) => !isParameter(word));
  if (templates.length === 0) throw missingTemplate();
  refuseWithoutApply(flags);
  refuseWithBaseline(flags);
  refuseOnlyOpen(flags);
  refuseStatOf(flags);
  refuseWithoutHtml(flags);
  return {
    templates,
    apply: flags.apply ?? false,
    dryRun: flags.dryRun ?? false,
    out: flags.out,
    only: flags.only ?? [],
    skip: flags.skip ?? [],
    includeReview: flags.include === 'review',
    policy: flags.policy,
    parameters: [...(flags.parameters ?? []), ...words.filter(isParameter)],
    suppressions: flags.suppressions,
    format: flags.stat ? 'stat' : flags.format,
    output: flags.output,
    allowOutside: flags.allowOutside ?? false,
    trusted: flags.trusted,
    transformed: flags.transformed,
    baseline: flags.baseline,
    writeBaseline: flags.writeBaseline,
    findings: flags.findings ?? [],
    onlyOpen: flags.onlyOpen ?? false,
    ...(flags.pretty !== undefined && { pretty: flags.pretty }),
    title: flags.title,
    sourceUrl: flags.sourceUrl,
  };
}

/** The first word may be a command that is misspelt; whether it is a file, only the disk knows. */
function slipOf([first = '']: readonly string[], { commands }: Command): PlanRequest['slip'] {
  if (!/^[a-z-]{2,}$/.test(first)) return undefined;
  const names = commands.map((command) => command.name());
  const meant = closest(first, names);
  return meant === undefined ? undefined : { word: first, command: meant };
}

export function missingTemplate(): IdpFixError {
  return new IdpFixError('usage', 'no template was named', {
    hint: 'name a template file or a folder: idp-fix template.yaml; idp-fix --help shows everything',
  });
}

function refuseWithoutApply({ apply, dryRun, out }: PlanFlags): void {
  if (apply) return;
  if (dryRun) {
    throw new IdpFixError('usage', '--dry-run only has a meaning with --apply', {
      hint: 'a plan never writes; for the exact diff say --apply --dry-run, or --format diff',
    });
  }
  if (out !== undefined) {
    throw new IdpFixError('usage', '--out only has a meaning with --apply', {
      hint: 'say --apply --out DIR',
    });
  }
}

function refuseOnlyOpen({ onlyOpen, pretty, format }: PlanFlags): void {
  if (pretty !== undefined && format !== 'json') {
    throw new IdpFixError('usage', '--pretty only has a meaning with --format json', {
      hint: 'say --format json --pretty',
    });
  }
  if (onlyOpen === undefined || format === 'json') return;
  throw new IdpFixError('usage', '--only-open only has a meaning with --format json', {
    hint: 'the report in text shows what is open already; --verbose adds the rest',
  });
}

function refuseStatOf({ stat, format }: PlanFlags): void {
  if (stat === undefined || format === undefined || format === 'stat') return;
  throw new IdpFixError('usage', `--stat and --format ${format} do not go together`, {
    hint: '--stat is a form of its own, like --format stat',
  });
}

function refuseWithoutHtml({ title, sourceUrl, format }: PlanFlags): void {
  const given = { '--title': title, '--source-url': sourceUrl };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined && format !== 'html') {
    throw new IdpFixError('usage', `${flag} only has a meaning with --format html`, {
      hint: `say --format html --output review.html ${flag} …`,
    });
  }
  if (sourceUrl === undefined || isWebAddress(sourceUrl)) return;
  throw new IdpFixError('usage', `--source-url is no address of the web: ${sourceUrl}`, {
    hint: 'name the folder idp-fix is started in as the code host shows it: https://HOST/OWNER/NAME/blob/COMMIT',
  });
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** A run writes one thing. */
function refuseWithBaseline({ writeBaseline, apply, baseline, output, format }: PlanFlags): void {
  const others = { '--apply': apply, '--baseline': baseline, '--output': output, '--format': format };
  const [clash] = Object.entries(others).find(([, given]) => given !== undefined) ?? [];
  if (writeBaseline === undefined || clash === undefined) return;
  throw new IdpFixError('usage', `--write-baseline and ${clash} do not go together`, {
    hint: 'write the baseline in a run of its own: idp-fix --write-baseline FILE template.yaml',
  });
}

/** A plan that is to be compared with the release before it. @throws IdpFixError `usage` for what does not go with it */
function comparison(plan: PlanRequest, old: string | undefined): PlanRequest | CompareRequest {
  if (old === undefined) return plan;
  const { templates, format = 'text', only, skip, policy, parameters, suppressions, allowOutside } = plan;
  const [template = '', ...others] = templates;
  if (others.length > 0) {
    throw new IdpFixError('usage', '--compare takes one template', {
      hint: 'say idp-fix --compare OLD NEW, once for each root template',
    });
  }
  const clashes = {
    '--apply': plan.apply,
    '--include review': plan.includeReview,
    '--trusted': plan.trusted !== undefined,
    '--baseline': plan.baseline !== undefined,
    '--write-baseline': plan.writeBaseline !== undefined,
    '--findings': plan.findings.length > 0,
  };
  const [clash] = Object.entries(clashes).find(([, isGiven]) => isGiven) ?? [];
  if (clash !== undefined) {
    throw new IdpFixError('usage', `--compare and ${clash} do not go together`, {
      hint: 'compare first, and then run idp-fix on the new template',
    });
  }
  if (format !== 'text' && format !== 'json') {
    throw new IdpFixError('usage', `--compare has no form ${format}`, { hint: 'there are text and json' });
  }
  const { plain, quiet, verbose, withoutCode, unasked, plugins, output } = plan;
  return {
    command: 'compare',
    old,
    new: template,
    only,
    skip,
    policy,
    parameters,
    suppressions,
    allowOutside,
    format,
    output,
    plain,
    quiet,
    verbose,
    withoutCode,
    unasked,
    plugins,
  };
}

type WizardFlags = CommonFlags & { policy?: string; parameters?: string[]; allowOutside?: true };

const ownFlags: ReadonlySet<string> = new Set<keyof WizardFlags>([
  'code',
  'policy',
  'parameters',
  'allowOutside',
  'color',
  'quiet',
  'verbose',
  'yes',
  'plugin',
]);

/** `idp-fix wizard [TEMPLATE…]`. */
export function addWizard(program: Command, ask: (request: Request) => void): void {
  const wizard = program
    .command('wizard')
    .description(
      'asks what the policy leaves open, shows each change, and writes what you accept; the same as idp-fix alone',
    )
    .argument('[template...]', 'template files, or folders to search for templates (default: this folder)')
    .option('--policy <file|preset>', 'policy file that takes the answers, or preset to start from')
    .option('--parameters <file|k=v>', 'parameter values of the deployed stack', collect)
    .option('--allow-outside', "allow nested templates outside the root template's folder")
    .action((words: string[], flags: WizardFlags, command: Command) =>
      ask({ ...wizardOptions(words, flags), isImplied: false, ...common(command) }),
    );
  withExamples(withCommonOptions(wizard), [
    ['idp-fix wizard', 'the templates of this folder and below'],
    ['idp-fix wizard template.yaml', 'one template, with all it nests'],
    ['idp-fix wizard --policy regulated', 'start from another preset'],
  ]);
}

/** An empty command line is the wizard's, as long as it has no flag that only a plan takes. */
function impliedWizard(words: readonly string[], flags: WizardFlags, command: Command): Request | undefined {
  if (words.length > 0 || !Object.keys(flags).every((flag) => ownFlags.has(flag))) return undefined;
  return { ...wizardOptions(words, flags), isImplied: true, ...common(command) };
}

function wizardOptions(words: readonly string[], flags: WizardFlags) {
  return {
    command: 'wizard',
    templates: words,
    policy: flags.policy,
    parameters: flags.parameters ?? [],
    allowOutside: flags.allowOutside ?? false,
  } as const;
}
