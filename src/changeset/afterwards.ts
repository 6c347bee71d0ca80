import { join } from 'node:path';
import { shellWord } from '../escape.js';
import { type ChangeSetRecord, previousTemplateFile } from './record.js';

/**
 * How to go back after an execution, and how to keep what was executed: a few lines with commands.
 * @param where the flags that lead to the stack
 */
export function afterwards(record: ChangeSetRecord, folder: string, where: string): string {
  return [`to go back: ${wayBack(record, folder, where)}`, ...keeping(record, folder), ...keepingTags(record)]
    .map((line) => `${line}\n`)
    .join('');
}

/** The template and the values as they were, as a change set to be reviewed like any other. */
function wayBack(
  { name, parameters, values, tags, uploads, stack: { isNew, name: stackName } }: ChangeSetRecord,
  folder: string,
  where: string,
): string {
  if (isNew)
    return `aws cloudformation delete-stack --stack-name ${shellWord(stackName)} deletes the new stack`;
  const template = shellWord(previousTemplateFile(folder, name));
  const before = Object.keys(values).flatMap((parameter) => {
    const value = parameters[parameter];
    return value === undefined ? [] : [`--parameters ${shellWord(`${parameter}=${value}`)}`];
  });
  const given = tags.filter(({ before: value }) => value === null);
  const withoutTags = given.map(({ key }) => `--remove-tag ${shellWord(key)}`);
  const [upload] = uploads;
  const bucket = upload === undefined ? [] : [`--bucket ${shellWord(upload.bucket)}`];
  // The record of the way back lies beside the template it goes back to.
  const flags = where.replace(/ --folder (?:'[^']*'|\S+)/, '');
  return ['idp-fix change-set create', template, '--as-is', flags, ...before, ...withoutTags, ...bucket].join(
    ' ',
  );
}

function keepingTags({ tags }: ChangeSetRecord): readonly string[] {
  const given = tags.flatMap(({ key, after }) => (after === null ? [] : [shellWord(`${key}=${after}`)]));
  return given.length === 0 ? [] : [`to keep the tags of the stack: deploy with --tags ${given.join(' ')}`];
}

/** The files nobody has written are what the next deployment brings back. */
function keeping({ source, templates, name, values }: ChangeSetRecord, folder: string): readonly string[] {
  const [root] = templates;
  if (source === 'local' && root?.file) {
    return [
      `to keep it: idp-fix --apply ${shellWord(join(folder, root.file))} with the flags of create writes the local templates, which are as they were; idp-fix undo takes that back`,
    ];
  }
  const parameters = Object.entries(values).map(([parameter, value]) => shellWord(`${parameter}=${value}`));
  if (source === 'parameters' && parameters.length === 0) return [];
  return [
    source === 'parameters'
      ? `to keep it: deploy with ${parameters.join(' ')} from now on`
      : `to keep it: make the same changes in the template sources, or the next deployment reverts ${name}`,
  ];
}
