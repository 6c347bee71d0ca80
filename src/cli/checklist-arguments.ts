import { type Command, Option } from 'commander';
import { type CommonFlags, common, withCommonOptions } from './common-options.js';
import { withExamples } from './help.js';
import { checklistFormats, type Request } from './request.js';

type ChecklistFlags = CommonFlags & { policy?: string; format: (typeof checklistFormats)[number] };

/** `idp-fix checklist TEMPLATE…`. */
export function addChecklist(program: Command, ask: (request: Request) => void): void {
  const checklist = program
    .command('checklist')
    .description('the production checklist: what is done, what is open, what was accepted')
    .argument('<template...>', 'template files, folders to search for templates, or - for the standard input')
    .option('--policy <file|preset>', 'default: nearest idp-fix.policy.yaml upwards, else production')
    .addOption(
      new Option('--format <format>', 'form of the list').choices([...checklistFormats]).default('text'),
    )
    .action((templates: string[], flags: ChecklistFlags, command: Command) =>
      ask({
        command: 'checklist',
        templates,
        policy: flags.policy,
        format: flags.format,
        ...common(command),
      }),
    );
  withExamples(withCommonOptions(checklist), [
    ['idp-fix checklist template.yaml', 'for reading'],
    ['idp-fix checklist --format markdown template.yaml', 'for a page that others read'],
  ]);
}
