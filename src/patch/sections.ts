import type { Entry } from '../document/syntax.js';

/**
 * The order in which AWS documents the sections of a template.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
const order = [
  'AWSTemplateFormatVersion',
  'Transform',
  'Description',
  'Metadata',
  'Parameters',
  'Rules',
  'Mappings',
  'Conditions',
  'Globals',
  'Resources',
  'Outputs',
];

/** The section a new one is written before; undefined for one that goes to the end. */
export function beforeSection(name: string, entries: readonly Entry[]): Entry | undefined {
  const rank = order.indexOf(name);
  if (rank < 0) return undefined;
  return entries.find(({ key }) => order.indexOf(key) > rank);
}
