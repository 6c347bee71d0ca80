/**
 * A stack with as many functions as a later release of a document pipeline has: the minima of their types come to 2,665
 * executions, three times what an account allows by default.
 */
export const functionsByType = {
  'high-volume': 41,
  'api-handler': 23,
  background: 8,
  administrative: 15,
} as const;

/** What each type reserves at least under the production preset. */
export const minimumByType = {
  'high-volume': 50,
  'api-handler': 20,
  background: 10,
  administrative: 5,
} as const;

export function largeRelease(): string {
  const {
    'high-volume': steps,
    'api-handler': handlers,
    background: jobs,
    administrative: resources,
  } = functionsByType;
  const numbered = (count: number, write: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => write(index + 1)).join('');
  return `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: A document pipeline with many functions
Globals:
  Function:
    Runtime: python3.12
    Handler: index.handler
    CodeUri: src/
Resources:
  Workflow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: workflow.asl.json
      DefinitionSubstitutions:
${numbered(steps, (index) => `        Step${index}Arn: !GetAtt Step${index}Function.Arn\n`)}
${numbered(steps, (index) => functionText(`Step${index}Function`))}
${numbered(handlers, (index) =>
  functionText(
    `Handler${index}Function`,
    `      Events:
        Call: {Type: Api, Properties: {Path: /documents/${index}, Method: get}}
`,
  ),
)}
${numbered(jobs, (index) =>
  functionText(
    `Job${index}Function`,
    `      Events:
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
`,
  ),
)}
${numbered(
  resources,
  (index) => `${functionText(`Resource${index}Function`)}
  Resource${index}:
    Type: Custom::Setting
    Properties:
      ServiceToken: !GetAtt Resource${index}Function.Arn
`,
)}`;
}

function functionText(logicalId: string, events = ''): string {
  return `
  ${logicalId}:
    Type: AWS::Serverless::Function
    Properties:
      Description: One of many
${events}`;
}
