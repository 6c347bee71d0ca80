import { expect, test } from 'vitest';
import { smallestWithin } from '../../remediations/log-retention/index.js';
import { allowedValues } from '../../src/data/updates.js';

test('days that logs can be kept are those the schemas list', () => {
  const days = allowedValues['AWS::Logs::LogGroup.RetentionInDays'];
  const offered = Array.from({ length: 3700 }, (_, day) =>
    smallestWithin({ minimumDays: day, maximumDays: day }),
  ).filter((each) => each !== undefined);
  expect(offered).toEqual(days);
});
