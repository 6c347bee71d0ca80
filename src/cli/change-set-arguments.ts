import { type Command, InvalidArgumentError, Option } from 'commander';
import { IdpFixError } from '../errors.js';
import {
  addGroup,
  type CommonFlags,
  collect,
  collectIds,
  common,
  withCommonOptions,
  withExamples,
} from './common-options.js';
import {
  type ChangeSetFormat,
  changeSetFormats,
  type Request,
  type StackFlags,
  type SuppressionHandling,
  suppressionHandlings,
  surveyFormats,
  verifyFormats,
} from './request.js';

type StackOptions = CommonFlags & {
  stack?: string;
  region?: string;
  profile?: string;
  endpointUrl?: string;
  configEnv: string;
  samconfig: boolean;
};

type CreateOptions = StackOptions & {
  format: ChangeSetFormat;
  stacks?: string;
  report?: string;
  policy?: string;
  only?: string[];
  skip?: string[];
  include?: 'review';
  suppressions?: SuppressionHandling;
  parameters?: string[];
  allowOutside?: true;
  bucket?: string;
  bucketPrefix?: string;
  roleArn?: string;
  capabilities?: string[];
  name?: string;
  strict?: true;
  allowReplacement?: string[];
  adoptLogGroups?: true;
  showPermissions?: true;
  removeTag?: string[];
  asIs?: true;
};

type KnownOptions = StackOptions & {
  format: ChangeSetFormat;
  folder: string;
  confirm?: string;
  allowReplacement?: string[];
};

/** `idp-fix change-set create|show|execute|reject|list|clean`. */
export function addChangeSetCommands(program: Command, ask: (request: Request) => void): void {
  const changeSet = addGroup(
    program,
    'change-set',
    'create a change set for a deployed stack, for review and approval',
  );
  withExamples(changeSet, [
    ['idp-fix change-set create --stack app', 'work it out; the stack stays as it is'],
    ['idp-fix change-set show NAME --stack app', 'see it again, and what has moved since'],
    ['idp-fix change-set execute NAME --stack app', 'carry it out'],
    ['idp-fix change-set reject NAME --stack app', 'throw it away'],
    ['idp-fix change-set list', 'which there are, and which are stale'],
  ]);
  addCreate(changeSet, ask);
  addKnown(changeSet, ask, 'show', 'what a change set would do, and what has moved since');
  addKnown(changeSet, ask, 'execute', 'carry out a change set that was reviewed, and follow it to its end');
  addKnown(changeSet, ask, 'reject', 'delete a change set and what was uploaded for it');
  addSurvey(changeSet, ask, 'list', 'the change sets made from here, and which of them are stale');
  addSurvey(
    changeSet,
    ask,
    'clean',
    'delete those that you made and that are stale, expired, failed or interrupted',
  );
}

function addCreate(changeSet: Command, ask: (request: Request) => void): void {
  const create = changeSet
    .command('create')
    .description('have CloudFormation work out what the plan would change; the stack stays as it is')
    .argument(
      '[template...]',
      'root template, packaged, or its folder; without one the deployed templates are patched',
    )
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .addOption(
      new Option('--only <ids>', 'only these remediations, separated by commas').argParser(collectIds),
    )
    .addOption(new Option('--skip <ids>', 'all remediations but these').argParser(collectIds))
    .addOption(new Option('--include <class>', 'also patches that need approval').choices(['review']))
    .addOption(
      new Option('--suppressions <how>', 'what skips in the templates count for').choices([
        ...suppressionHandlings,
      ]),
    )
    .option('--parameters <file|k=v>', 'values to set; all others stay; may be given several times', collect)
    .option('--allow-outside', "allow nested templates outside the root template's folder")
    .option('--bucket <name>', 'bucket for nested templates and for those over 51,200 bytes')
    .option('--bucket-prefix <prefix>', 'where in the bucket (default: idp-fix)')
    .option('--role-arn <arn>', 'role CloudFormation works with (default: the one it has used)')
    .option(
      '--capabilities <name>',
      "capabilities to acknowledge (default: the stack's own); may be given several times",
      collect,
    )
    .option('--name <name>', 'name of the change set (default: made from the plan)')
    .option('--strict', 'a prerequisite that cannot be checked counts as failed')
    .option(
      '--allow-replacement <id>',
      'a stateful resource that may be replaced; may be given several times',
      collect,
    )
    .option('--adopt-log-groups', 'take over log groups that exist already under their names')
    .option('--remove-tag <key>', 'a tag to take from the stack; may be given several times', collect)
    .option('--as-is', 'without any patch: to go back to an earlier template')
    .option('--show-permissions', 'print the IAM policy this needs, and do nothing')
    .option(
      '--stacks <file>',
      'a change set for each stack that this file lists; other flags say what it leaves open',
    )
    .option(
      '--report <dir>',
      'write a review for approvers there: review.html, review.md, approval.txt, review.json',
    )
    .action(([template, ...alongside]: string[], flags: CreateOptions, command: Command) => {
      refuseOneStackFlags(flags, template);
      ask({
        command: 'change-set',
        action: 'create',
        template,
        alongside,
        policy: flags.policy,
        only: flags.only ?? [],
        skip: flags.skip ?? [],
        includeReview: flags.include === 'review',
        suppressions: flags.suppressions,
        parameters: flags.parameters ?? [],
        allowOutside: flags.allowOutside ?? false,
        bucket: flags.bucket,
        bucketPrefix: flags.bucketPrefix,
        roleArn: flags.roleArn,
        capabilities: (flags.capabilities ?? []).flatMap((words) => words.split(/[\s,]+/)),
        name: flags.name,
        strict: flags.strict ?? false,
        allowed: flags.allowReplacement ?? [],
        adoptLogGroups: flags.adoptLogGroups ?? false,
        removedTags: flags.removeTag ?? [],
        asIs: flags.asIs ?? false,
        showPermissions: flags.showPermissions ?? false,
        ...(flags.stacks !== undefined && { stacks: flags.stacks }),
        ...(flags.report !== undefined && { report: flags.report }),
        ...stackFlags(flags),
        ...common(command),
      });
    });
  withExamples(withStackOptions(create), [
    ['idp-fix change-set create --stack app', 'patch the deployed templates'],
    ['idp-fix change-set create --stack app packaged.yaml', 'patch these'],
    ['idp-fix change-set create --show-permissions', 'what IAM has to allow'],
    [
      'idp-fix change-set create --stacks stacks.yaml --report review',
      'for many stacks, with one review for all',
    ],
  ]);
}

/** @throws IdpFixError `usage` for what belongs to one stack, where a file lists many */
function refuseOneStackFlags(flags: CreateOptions, template: string | undefined): void {
  if (flags.stacks === undefined) return;
  const given = {
    'a template': template,
    '--stack': flags.stack,
    '--name': flags.name,
    '--parameters': flags.parameters,
    '--allow-replacement': flags.allowReplacement,
    '--remove-tag': flags.removeTag,
    '--as-is': flags.asIs,
  };
  const ofOne = Object.entries(given).filter(([, value]) => value !== undefined);
  if (ofOne.length === 0) return;
  const names = ofOne.map(([name]) => name).join(', ');
  throw new IdpFixError('usage', `${names} is for one stack, and --stacks names several`, {
    hint: 'say it in the file, for each stack; --as-is is said for one stack at a time',
  });
}

function addKnown(
  changeSet: Command,
  ask: (request: Request) => void,
  action: 'show' | 'execute' | 'reject',
  description: string,
): void {
  const command = changeSet
    .command(action)
    .description(description)
    .argument('<change-set>', 'its name or ARN')
    .option('--folder <dir>', 'folder of the templates it was made from, which has its record', '.');
  if (action === 'execute') {
    command
      .option('--confirm <stack>', 'the name of the stack, where no prompt is possible')
      .option(
        '--allow-replacement <id>',
        'a stateful resource that may be replaced; may be given several times',
        collect,
      );
  }
  command.action((named: string, flags: KnownOptions, self: Command) =>
    ask({
      command: 'change-set',
      action,
      changeSet: named,
      folder: flags.folder,
      confirm: flags.confirm,
      allowed: flags.allowReplacement ?? [],
      ...stackFlags(flags),
      ...common(self),
    }),
  );
  withExamples(withStackOptions(command), [[`idp-fix change-set ${action} NAME --stack app`, 'by its name']]);
}

type SurveyOptions = StackOptions & {
  format: (typeof surveyFormats)[number];
  folder: string;
  stacks?: string;
  olderThan: number;
};

function addSurvey(
  changeSet: Command,
  ask: (request: Request) => void,
  action: 'list' | 'clean',
  description: string,
): void {
  const command = changeSet
    .command(action)
    .description(description)
    .option('--folder <dir>', 'folder of the templates they were made from, which has their records', '.')
    .option('--stacks <file>', 'of all stacks that this file lists, with its regions and profiles')
    .option(
      '--older-than <days>',
      'one that can be executed counts as expired after so many days',
      (word) => wholeNumber(word, 3650),
      30,
    )
    .action((flags: SurveyOptions, self: Command) =>
      ask({
        command: 'change-set',
        action,
        folder: flags.folder,
        stacks: flags.stacks,
        olderThanDays: flags.olderThan,
        ...stackFlags(flags),
        ...common(self),
      }),
    );
  const does = action === 'list' ? 'of the records in this folder' : 'of them, after asking';
  withExamples(withStackOptions(command, surveyFormats), [
    [`idp-fix change-set ${action}`, does],
    [`idp-fix change-set ${action} --stacks stacks.yaml`, 'of many stacks'],
  ]);
}

type VerifyOptions = StackOptions & {
  format: (typeof verifyFormats)[number];
  policy?: string;
  folder: string;
  days: number;
  showPermissions?: true;
};

/** `idp-fix verify --stack NAME`. */
export function addVerify(program: Command, ask: (request: Request) => void): void {
  const verify = program
    .command('verify')
    .description(
      'whether what is deployed works: alarms that arrive, keys, limits, logs, dead letters; reads only',
    )
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .option('--folder <dir>', 'folder with the record of the change set that was executed', '.')
    .option(
      '--days <number>',
      "how far back to look, but never before the stack's last update",
      (word) => wholeNumber(word, 30),
      14,
    )
    .option('--show-permissions', 'print the IAM policy this needs, and do nothing')
    .action((flags: VerifyOptions, command: Command) =>
      ask({
        command: 'verify',
        policy: flags.policy,
        folder: flags.folder,
        days: flags.days,
        showPermissions: flags.showPermissions ?? false,
        ...stackFlags(flags),
        ...common(command),
      }),
    );
  withExamples(withStackOptions(verify, verifyFormats), [
    ['idp-fix verify --stack app', 'after a change set was executed'],
    ['idp-fix verify --stack app --format html', 'evidence for others to read'],
  ]);
}

function wholeNumber(word: string, most: number): number {
  const number = Number(word);
  if (Number.isInteger(number) && number > 0 && number <= most) return number;
  throw new InvalidArgumentError(`a whole number up to ${most}`);
}

function withStackOptions(command: Command, formats: readonly string[] = changeSetFormats): Command {
  command
    .optionsGroup('Stack:')
    .option('--stack <name>', 'name of the stack (default: IDP_FIX_STACK, then samconfig.toml)')
    .option('--region <region>', 'as the AWS CLI has it')
    .option('--profile <profile>', 'as the AWS CLI has it')
    .option('--endpoint-url <url>', 'as the AWS CLI has it')
    .option('--config-env <name>', 'table of samconfig.toml', 'default')
    .option('--no-samconfig', 'leave samconfig.toml alone')
    .optionsGroup('Report:')
    .addOption(
      new Option('--format <format>', 'form of what is shown').choices([...formats]).default('text'),
    );
  return withCommonOptions(command);
}

function stackFlags<Format>(
  flags: StackOptions & { format: Format },
): StackFlags & { readonly format: Format } {
  return {
    stack: flags.stack,
    region: flags.region,
    profile: flags.profile,
    endpointUrl: flags.endpointUrl,
    configEnvironment: flags.configEnv,
    readSamConfig: flags.samconfig,
    format: flags.format,
  };
}
