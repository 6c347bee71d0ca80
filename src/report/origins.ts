import { entryIn, nearestNode, nodeAt } from '../document/locate.js';
import type { Document, Span } from '../document/syntax.js';
import { type Path, parsePointer } from '../document/value.js';
import { keyOf } from '../plan/finding.js';
import type { Origin } from '../plan/written.js';
import type { ReportedPlan } from './report.js';

/** The keys of the findings an operation is for. */
export type Claimants = (origin: Origin) => readonly string[];

/**
 * The findings each operation is for: the one that asked for it, and, where it writes what several share (a value in
 * `Globals`, the default of a parameter), all of its patch that have nothing on their own resource.
 */
export function claimantsOf({ document, files }: ReportedPlan): Claimants {
  const withOwn = new Set(
    files.flatMap(({ path, origins }) =>
      origins.flatMap((origin) => {
        const { finding } = origin;
        const logicalId = resourceOf(origin);
        return logicalId !== undefined && finding.endsWith(` ${path} ${logicalId}`) ? [finding] : [];
      }),
    ),
  );
  const sharing = new Map<string, string[]>();
  const elsewhere = new Map<string, string[]>();
  for (const { template, findings } of document.stacks) {
    for (const { remediation, logicalId, patch } of findings) {
      const key = keyOf(remediation, template, logicalId);
      if (patch === null || withOwn.has(key)) continue;
      sharing.set(patch, [...(sharing.get(patch) ?? []), key]);
      const place = `${patch} ${logicalId}`;
      elsewhere.set(place, [...(elsewhere.get(place) ?? []), key]);
    }
  }
  return (origin) => {
    const { patch, finding } = origin;
    const logicalId = resourceOf(origin);
    const others = (logicalId === undefined ? sharing : elsewhere).get(
      logicalId === undefined ? patch : `${patch} ${logicalId}`,
    );
    return others === undefined ? [finding] : [...new Set([finding, ...others])];
  };
}

/**
 * `undefined` for what is outside the resources, for a value that a nested stack is given, and for what a value that
 * several share needs on a resource that is not to have it.
 */
function resourceOf({ operation, placement }: Origin): string | undefined {
  const [section, logicalId, ...rest] = parsePointer(operation.path);
  if (section !== 'Resources' || (rest[0] === 'Properties' && rest[1] === 'Parameters')) return undefined;
  return placement === 'resource' || placement === 'new-resource' ? logicalId : undefined;
}

/** An entry with its key, or the nearest part of the text that has it. */
export function spanOfEntry(document: Document, path: Path): Span {
  const parent = nodeAt(document, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? entryIn(parent, path.at(-1) ?? '') : undefined;
  if (entry !== undefined) return { start: entry.keySpan.start, end: entry.value.span.end };
  return nearestNode(document, path).span;
}
