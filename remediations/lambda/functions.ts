/** The types of functions, of CloudFormation and of SAM. */
export const functionTypes = ['AWS::Lambda::Function', 'AWS::Serverless::Function'] as const;
