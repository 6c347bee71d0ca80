import type { Remediation } from '../contract/remediation.js';
import type { ForeignFinding, PlanDocument } from '../plan/document.js';
import type { PatchedFile } from '../plan/written.js';
import type { ImportedFile } from './imported.js';
import { knownTemplates, locate } from './locate.js';
import { answered } from './match.js';

export interface PlannedTree {
  /** Root template as the user named it. */
  readonly root: string;
  readonly document: PlanDocument;
  readonly files: readonly PatchedFile[];
}

/**
 * The plan documents with what they do about the findings of other tools. A finding is in the document whose templates it
 * is about; what is about none of them is in the first.
 * @param sources results by the name of their file, in the order they were given
 */
export function withForeignFindings(
  trees: readonly PlannedTree[],
  sources: readonly (readonly [source: string, file: ImportedFile])[],
  remediations: readonly Pick<Remediation, 'id' | 'equivalents'>[],
): readonly PlanDocument[] {
  const templates = trees.flatMap(({ root, document, files }) => knownTemplates(root, document, files));
  const found = new Map<PlanDocument, ForeignFinding[]>(trees.map(({ document }) => [document, []]));
  for (const [source, { findings }] of sources) {
    for (const finding of findings) {
      const location = locate(finding, templates);
      const document = 'template' in location ? location.template.document : trees[0]?.document;
      if (document !== undefined)
        found.get(document)?.push(answered(finding, source, location, remediations));
    }
  }
  return trees.map(({ document }) => ({ ...document, foreignFindings: found.get(document) ?? [] }));
}
