import { describe, expect, it } from 'vitest';
import { askedByMachines } from '../../remediations/lambda-reserved-concurrency/range.js';
import type { Trigger } from '../../src/remediation.js';

const flow = (task?: Trigger['task']): Trigger => ({
  invocation: 'sync',
  source: 'state-machine',
  description: 'state machine Flow',
  ...(task !== undefined && { task }),
});
const says = (task: Trigger['task'], executions = 50) => askedByMachines([flow(task)], executions).join('; ');

describe('what a state machine asks of a function', () => {
  it('is put in numbers', () => {
    expect(says({ state: 'Page', atOnce: 20, retriesWhenThrottled: 2 })).toBe(
      'one execution of state machine Flow calls it up to 20 times at once (state Page), so that 2 executions fit into the 50 it reserves; a call of state Page of state machine Flow that is throttled is tried again 2 times, and then the state fails',
    );
  });

  it.each([
    [100, 'calls it up to 100 times at once (state Page), more than the 50 it reserves'],
    [50, 'so that 1 execution fits into the 50 it reserves'],
    [undefined, 'calls it as often at once as there are items; it reserves 50: set a MaxConcurrency'],
  ])('is compared with what is reserved: %s', (atOnce, expected) => {
    expect(says({ state: 'Page', atOnce, retriesWhenThrottled: 0 })).toContain(expected);
  });

  it('is nothing to compare outside a map', () => {
    expect(says({ state: 'Page', atOnce: 1, retriesWhenThrottled: 0 })).toBe(
      'a call of state Page of state machine Flow that is throttled is not tried again: the state fails',
    );
  });

  it('is told in general where the definition is not at hand', () => {
    expect(says(undefined)).toContain('unless it retries Lambda.TooManyRequestsException');
    expect(askedByMachines([{ ...flow(), source: 'api' }], 50)).toEqual([]);
  });
});
