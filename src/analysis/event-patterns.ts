import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, type Value } from '../document/value.js';

/** What an EventBridge rule stands for: the clock, one event per object stored, or any other event. */
export type RuleSource = 'schedule' | 'records' | 'event-rule';

/** @param pattern the event pattern, as a map or as JSON text */
export function ruleSource(schedule: Value | undefined, pattern: Value | undefined): RuleSource {
  if (schedule !== undefined && pattern === undefined) return 'schedule';
  return eventSources(pattern).includes('aws.s3') ? 'records' : 'event-rule';
}

function eventSources(pattern: Value | undefined): readonly string[] {
  if (isMap(pattern) && intrinsicName(pattern) === undefined) {
    const { source } = pattern;
    return isList(source) ? source.filter((item) => typeof item === 'string') : [];
  }
  const [, list] =
    /"source"\s*:\s*\[([^\]]*)\]/.exec(JSON.stringify(pattern ?? '').replaceAll('\\"', '"')) ?? [];
  return [...(list ?? '').matchAll(/"([^"]*)"/g)].map(([, name]) => name ?? '');
}
