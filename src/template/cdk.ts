import { isMap, type Value } from '../document/value.js';

/**
 * What `cdk synth`, and cdk-nag with it, writes into the metadata of resources.
 * @source https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cx_api-readme.html
 */

function metadataOf(body: Value | undefined, key: string): string | undefined {
  const metadata = isMap(body) ? body.Metadata : undefined;
  const value = isMap(metadata) ? metadata[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** `Stack/Bucket/Resource`: the construct that the resource was made by. */
export function pathOfConstruct(body: Value | undefined): string | undefined {
  return metadataOf(body, 'aws:cdk:path');
}

/** Whether `cdk synth` has made a template: its resources name their constructs. */
export function isSynthesized(template: Value): boolean {
  const resources = isMap(template) ? template.Resources : undefined;
  return isMap(resources) && Object.values(resources).some((body) => pathOfConstruct(body) !== undefined);
}

/** The file, beside the template, that a property of the resource is an asset of. */
export function assetOf(body: Value | undefined, property: string): string | undefined {
  return metadataOf(body, 'aws:asset:property') === property ? metadataOf(body, 'aws:asset:path') : undefined;
}

/** Packs whose rules have the same name in each of them; those of AWS Solutions are numbered. */
const namedPacks = /^(?:HIPAA\.Security|NIST\.800\.53\.R[45]|PCI\.DSS\.321|Serverless)-/;

/**
 * The rule that an id of cdk-nag means: without the name of a pack, and without the one finding that it is narrowed to.
 * @source https://github.com/cdklabs/cdk-nag/blob/main/RULES.md
 */
export function ruleOfCdkNag(id: string): string {
  return id.replace(namedPacks, '').replace(/\[.*\]$/, '');
}
