import { relative } from 'node:path';
import type { StoredObject } from '../aws-ports.js';
import { type Deployment, openValues } from './deployed.js';
import type { Check } from './key-prerequisites.js';
import { type CreateRequest, hashOfText, localFiles, type Prepared } from './prepare.js';
import { type ChangeSetRecord, isWithin, makerOf } from './record.js';
import type { Session } from './session.js';
import { tagChanges } from './stack-tags.js';

interface RecordInput {
  readonly request: CreateRequest;
  readonly session: Session;
  readonly deployment: Deployment;
  readonly prepared: Prepared;
  readonly hash: string;
  readonly name: string;
  readonly creation: string;
  readonly uploads: readonly StoredObject[];
  readonly checks: readonly Check[];
  readonly options: NonNullable<ChangeSetRecord['options']>;
}

/** What is written down before anything is sent, so that an interruption leaves nothing unknown. */
export function newRecord({
  request,
  session,
  deployment,
  prepared,
  hash,
  name,
  creation,
  uploads,
  checks,
  options,
}: RecordInput): ChangeSetRecord {
  const { stack, tree, nested } = deployment;
  const { parameters } = prepared.submitted.root.template;
  const files = localFiles(request.template, prepared.tree);
  const sources = new Map(
    prepared.tree.stacks.map(({ template }) => [template.path, template.document.source]),
  );
  const isOpen = ([key]: readonly [string, string]) => parameters.get(key)?.noEcho !== true;
  return {
    format: 'idp-fix/change-set',
    version: 1,
    state: 'creating',
    name,
    creation,
    maker: makerOf(session.caller.arn),
    arn: null,
    planSha256: hash,
    source: prepared.source,
    stack: { name: stack.name, id: stack.id, updatedAt: stack.updatedAt, isNew: deployment.isNew },
    account: session.caller.account,
    region: session.aws.region,
    templates: [...prepared.templates.values()].map(({ path, text }) => {
      const place = files.get(path);
      const file = place === undefined ? undefined : relative(prepared.folder, place);
      // A template from outside (--allow-outside) is not read again: a record leads nowhere but into its folder.
      const isRead = file !== undefined && isWithin(file);
      return {
        path,
        file: isRead ? file : null,
        localSha256: isRead ? (sources.get(path)?.sha256 ?? null) : null,
        submittedSha256: hashOfText(text),
      };
    }),
    deployed: deployedHashes(nested),
    parameters: Object.fromEntries(openValues(stack, tree.root.template)),
    values: Object.fromEntries([...prepared.values].filter(isOpen)),
    tags: [...tagChanges(prepared, stack.tags)],
    uploads: uploads.map(({ bucket, key }) => ({ bucket, key })),
    changes: [],
    warnings: [],
    checks: checks.map(({ what, status, because }) => ({ what, status, because })),
    prerequisites: prerequisitesOf(prepared),
    allowed: [...request.allowed],
    options,
  };
}

/** Of the patches that are in the templates, each once. */
function prerequisitesOf({ result, includesReview }: Prepared): ChangeSetRecord['prerequisites'] {
  const found = result.document.stacks.flatMap(({ patches }) =>
    patches
      .filter(({ risk }) => risk === 'safe' || includesReview)
      .flatMap(({ prerequisites }) => prerequisites),
  );
  return [...new Map(found.map(({ what, check }) => [what, { what, check }])).values()];
}

export function deployedHashes(nested: Deployment['nested']): ChangeSetRecord['deployed'] {
  return [...nested.values()].map(({ way, template }) => ({
    stack: way.join('/'),
    sha256: template.document.source.sha256,
  }));
}
