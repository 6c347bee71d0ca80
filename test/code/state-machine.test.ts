import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/code/state-machine.js';
import type { Value } from '../../src/document/value.js';

const task = (more: Record<string, Value> = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:lambda:::function:a',
  ...more,
});
const machine = (states: Record<string, Value>) => ({ StartAt: 'A', States: states });
const only = (states: Record<string, Value>) => tasksOf(machine(states))[0];

describe('tasks of a state machine', () => {
  it.each([
    ['arn:aws:lambda:eu-west-1:1:function:a', 'arn:aws:lambda:eu-west-1:1:function:a', false],
    ['arn:aws:states:::lambda:invoke', 'worker', false],
    ['arn:${Partition}:states:::lambda:invoke.waitForTaskToken', 'worker', true],
    ['arn:aws:states:::aws-sdk:lambda:invoke', 'worker', false],
    ['arn:aws:states:::sqs:sendMessage.waitForTaskToken', undefined, true],
    ['arn:aws:states:::dynamodb:putItem', undefined, false],
  ])('%s', (Resource, callee, isCallback) => {
    const found = only({ A: task({ Resource, Parameters: { FunctionName: 'worker' } }) });
    expect(found).toMatchObject({ isCallback, invocationType: 'RequestResponse' });
    expect(found?.callee).toBe(callee);
  });

  it('are invoked as their parameters or arguments say', () => {
    const Resource = 'arn:aws:states:::lambda:invoke';
    const given = { FunctionName: 'a', InvocationType: 'Event' };
    expect(only({ A: task({ Resource, Parameters: given }) })?.invocationType).toBe('Event');
    expect(only({ A: task({ Resource, Arguments: given }) })).toMatchObject({
      callee: 'a',
      invocationType: 'Event',
    });
  });

  it.each([
    ['no retry', undefined, 0],
    ['other errors only', [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 9 }], 0],
    ['the default of three', [{ ErrorEquals: ['States.ALL'] }], 3],
    [
      'the first that fits',
      [
        { ErrorEquals: ['Lambda.TooManyRequestsException'], MaxAttempts: 8 },
        { ErrorEquals: ['States.ALL'], MaxAttempts: 1 },
      ],
      8,
    ],
  ])('are tried again when they are throttled: %s', (_name, Retry, expected) => {
    const retry: Record<string, Value> = Retry === undefined ? {} : { Retry };
    expect(only({ A: task(retry) })?.retriesWhenThrottled).toBe(expected);
  });

  const map = (more: Record<string, Value>, inner: Record<string, Value> = { B: task() }) => ({
    Type: 'Map',
    ItemProcessor: machine(inner),
    ...more,
  });

  it.each([
    ['outside a map', { A: task() }, 1],
    ['in a map with a limit', { A: map({ MaxConcurrency: 7 }) }, 7],
    ['in maps in each other', { A: map({ MaxConcurrency: 7 }, { B: map({ MaxConcurrency: 3 }) }) }, 21],
    ['in a map without a limit', { A: map({ MaxConcurrency: 0 }) }, 40],
    ['in a map whose limit comes with the input', { A: map({ MaxConcurrency: '{% $limit %}' }) }, undefined],
    [
      'in a distributed map',
      {
        A: {
          Type: 'Map',
          ItemProcessor: { ...machine({ B: task() }), ProcessorConfig: { Mode: 'DISTRIBUTED' } },
        },
      },
      undefined,
    ],
    ['in a branch', { A: { Type: 'Parallel', Branches: [machine({ B: task() })] } }, 1],
    [
      'in a map as it was written before',
      { A: { Type: 'Map', MaxConcurrency: 2, Iterator: machine({ B: task() }) } },
      2,
    ],
  ])('run at once %s', (_name, states, expected) => {
    expect(only(states as unknown as Record<string, Value>)?.atOnce).toBe(expected);
  });

  it('have their timeout and their path', () => {
    expect(only({ A: map({}, { B: task({ TimeoutSeconds: 30 }) }) })).toMatchObject({
      state: 'B',
      timeoutSeconds: 30,
      path: ['States', 'A', 'ItemProcessor', 'States', 'B'],
    });
  });

  it.each([
    null,
    'text',
    [],
    {},
    { States: [] },
    { States: { A: null, B: { Type: 'Map' }, C: { Type: 'Parallel', Branches: 1 } } },
  ])('are none in what is no definition: %j', (definition) => {
    expect(tasksOf(definition as Value)).toEqual([]);
  });
});
