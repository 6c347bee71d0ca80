/**
 * `npm run extract-data [-- --check]`: the AWS tables idp-fix needs, taken from the registry's schemas at the version
 * that is pinned in package.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Resource } from '@aws-cdk/service-spec-types';

const path = 'src/data/tag-forms.json';
const text = `${JSON.stringify(tagForms(), null, 1)}\n`;

if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  console.error(`stale: ${path}\n  npm run extract-data writes it anew`);
  process.exitCode = 1;
}

/** Types by form and property; types whose tags cannot change without a new resource apart. */
function tagForms() {
  const forms: Record<'list' | 'map', Record<string, string[]>> = { list: {}, map: {} };
  const replaced: string[] = [];
  const resources = [...loadAwsServiceSpecSync().all('resource')].sort((left, right) =>
    left.cloudFormationType < right.cloudFormationType ? -1 : 1,
  );
  for (const resource of resources) {
    const found = formOf(resource);
    if (found === undefined) continue;
    const { form, property } = found;
    forms[form][property] = [...(forms[form][property] ?? []), resource.cloudFormationType];
    const change = resource.properties[property]?.causesReplacement;
    if (change !== undefined && change !== 'no') replaced.push(resource.cloudFormationType);
  }
  return { ...forms, replaced };
}

/** By what the schema says of tagging, else by a property called Tags, which some schemas have without saying so. */
function formOf({
  tagInformation,
  properties,
}: Resource): { form: 'list' | 'map'; property: string } | undefined {
  const property = tagInformation?.tagPropertyName ?? 'Tags';
  const type = properties[property]?.type.type;
  if (tagInformation?.variant === 'standard') return { form: 'list', property };
  if (tagInformation?.variant === 'map') return { form: 'map', property };
  if (tagInformation !== undefined) return undefined;
  if (type === 'array') return { form: 'list', property };
  return type === 'map' || type === 'json' ? { form: 'map', property } : undefined;
}
