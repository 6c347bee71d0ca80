import { Command } from 'commander';
import { addChangeSetCommands } from './change-set-arguments.js';
import { addChecklist } from './checklist-arguments.js';
import { withCommonOptions } from './common-options.js';
import { addCompletion } from './completion-arguments.js';
import { addExplain } from './explain-arguments.js';
import { exitCodes, withExamples } from './help.js';
import { addPlan } from './plan-arguments.js';
import { addPolicyCommands } from './policy-arguments.js';
import type { Request } from './request.js';
import { addUndo } from './undo-arguments.js';
import { addWizard } from './wizard-arguments.js';

/** The command line as commander knows it; each command describes itself in a file of its own. */
export function buildProgram(version: string, ask: (request: Request) => void): Command {
  const program = new Command('idp-fix')
    .description(
      'Says where CloudFormation and SAM templates fall short of a policy, and writes the fix.\nWithout --apply nothing is written.',
    )
    .helpCommand(false)
    .enablePositionalOptions();
  addPlan(program, ask);
  addWizard(program, ask);
  addExplain(program, ask);
  addChecklist(program, ask);
  addUndo(program, ask);
  addPolicyCommands(program, ask);
  addChangeSetCommands(program, ask);
  addCompletion(program, ask);
  withCommonOptions(program).version(version, '--version', 'print the version');
  return withExamples(
    program,
    [
      ['idp-fix template.yaml', 'what falls short, and the fix for it'],
      ['idp-fix --apply --dry-run template.yaml', 'the exact diff'],
      ['idp-fix --apply template.yaml', 'write it; idp-fix undo takes it back'],
      ['idp-fix --format json .', 'all templates below, for programs'],
      ['idp-fix --parameters Stage=prod app.yaml', 'as it is deployed'],
      ['idp-fix --baseline known.json app.yaml', 'fail on what is new only'],
      ['idp-fix help explain', 'what a command can do'],
    ],
    exitCodes,
  );
}
