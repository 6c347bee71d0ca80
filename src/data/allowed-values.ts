import extracted from './allowed-values.json' with { type: 'json' };

/** The values a property takes, of those the tables hold: `AWS::Logs::LogGroup.RetentionInDays`. */
export const allowedValues = extracted;
