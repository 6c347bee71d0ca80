import type { FunctionType } from '../contract/facts.js';

/** The type a source of triggers asks for; the most demanding first. */
export const demands: readonly (readonly [source: string, type: FunctionType])[] = [
  ['state-machine', 'high-volume'],
  ['callback', 'high-volume'],
  ['queue', 'high-volume'],
  ['stream', 'high-volume'],
  ['records', 'high-volume'],
  ['api', 'api-handler'],
  ['identity', 'api-handler'],
  ['schedule', 'background'],
  ['event-rule', 'background'],
  ['direct', 'background'],
  ['self', 'background'],
  ['custom-resource', 'administrative'],
  ['operations', 'administrative'],
  ['published', 'administrative'],
];

/** Position in the table; behind it for a source that is not there. */
export function rankOf(source: string): number {
  const rank = demands.findIndex(([known]) => known === source);
  return rank < 0 ? demands.length : rank;
}
