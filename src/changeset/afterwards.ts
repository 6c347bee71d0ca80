import { join } from 'node:path';
import { shellWord } from '../report/shell-word.js';
import { type ChangeSetRecord, previousTemplateFile } from './record.js';

/** How to go back after an execution, and how to keep what was executed: a few lines with commands. */
export function afterwards(record: ChangeSetRecord, folder: string): string {
  return [`to go back: ${wayBack(record, folder)}`, ...keeping(record, folder)]
    .map((line) => `${line}\n`)
    .join('');
}

/** The template and the values as they were; everything else the AWS CLI keeps. It makes a change set, too. */
function wayBack(
  { stack, name, parameters, values, uploads, capabilities }: ChangeSetRecord,
  folder: string,
): string {
  const overrides = Object.keys(values).flatMap((parameter) => {
    const before = parameters[parameter];
    return before === undefined ? [] : [shellWord(`${parameter}=${before}`)];
  });
  const [upload] = uploads;
  const words = [
    'aws cloudformation deploy --no-execute-changeset',
    `--stack-name ${stack.name}`,
    `--template-file ${shellWord(previousTemplateFile(folder, name))}`,
    ...(overrides.length === 0 ? [] : [`--parameter-overrides ${overrides.join(' ')}`]),
    ...(capabilities.length === 0 ? [] : [`--capabilities ${capabilities.join(' ')}`]),
    ...(upload === undefined ? [] : [`--s3-bucket ${upload.bucket}`]),
  ];
  return words.join(' ');
}

/** The files nobody has written are what the next deployment brings back. */
function keeping({ source, templates, name, values }: ChangeSetRecord, folder: string): readonly string[] {
  const [root] = templates;
  if (source === 'local' && root?.file) {
    return [
      `to keep it: idp-fix --apply ${shellWord(join(folder, root.file))} with the flags of create writes the local templates, which are as they were; idp-fix undo takes that back`,
    ];
  }
  const parameters = Object.entries(values).map(([parameter, value]) => `${parameter}=${value}`);
  return [
    source === 'parameters'
      ? `to keep it: deploy with ${parameters.join(' ')} from now on`
      : `to keep it: bring the sources of the templates up to the same, or the next deployment takes ${name} back`,
  ];
}
