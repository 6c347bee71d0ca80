import { describe, expect, it } from 'vitest';
import { ruleSource } from '../../src/analysis/resource-triggers.js';

describe('what an EventBridge rule stands for', () => {
  it.each([
    ['rate(1 day)', undefined, 'schedule'],
    [undefined, { source: ['aws.s3'] }, 'records'],
    [undefined, { source: ['aws.states'] }, 'event-rule'],
    [undefined, '{"source": ["aws.s3"]}', 'records'],
    [undefined, { 'Fn::Sub': '{"source":["aws.s3"],"detail":{"bucket":"${Bucket}"}}' }, 'records'],
    [undefined, { detail: { source: ['aws.s3'] } }, 'event-rule'],
    [undefined, undefined, 'event-rule'],
  ])('%j %j', (schedule, pattern, expected) => {
    expect(ruleSource(schedule, pattern)).toBe(expected);
  });
});
