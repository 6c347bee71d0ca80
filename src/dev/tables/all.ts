import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { allowedValues } from './allowed-values.js';
import { metrics } from './metrics.js';
import { replacements } from './replacements.js';
import { statefulTypes } from './stateful-types.js';
import { tagForms } from './tag-forms.js';

/** A table by the name of its file in `src/data/`: what it says of each type, by type. */
const tables: Readonly<Record<string, (database: SpecDatabase) => Readonly<Record<string, unknown>>>> = {
  'allowed-values': allowedValues,
  metrics,
  replacements,
  'stateful-types': statefulTypes,
  'tag-forms': tagForms,
};

/** The text of every table, by its path in the project. */
export function extractTables(): ReadonlyMap<string, string> {
  const database = loadAwsServiceSpecSync();
  return new Map(
    Object.entries(tables).map(([name, extract]) => [`src/data/${name}.json`, print(extract(database))]),
  );
}

/** An entry a line, in code-unit order, so that a new version of the schemas reads as a diff. */
function print(table: Readonly<Record<string, unknown>>): string {
  const lines = Object.keys(table)
    .sort()
    .map((key) => ` ${JSON.stringify(key)}: ${JSON.stringify(table[key])}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}
