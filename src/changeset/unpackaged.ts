import { isMap, type Value } from '../document/value.js';
import type { StackTree, TemplateResource } from '../template/template.js';

/**
 * Properties that name a file until a build has packaged it.
 * @source https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
 */
const artifacts: Readonly<Record<string, readonly string[]>> = {
  'AWS::Serverless::Function': ['CodeUri'],
  'AWS::Serverless::LayerVersion': ['ContentUri'],
  'AWS::Serverless::Api': ['DefinitionUri'],
  'AWS::Serverless::HttpApi': ['DefinitionUri'],
  'AWS::Serverless::StateMachine': ['DefinitionUri'],
  'AWS::Serverless::GraphQLApi': ['SchemaUri', 'CodeUri'],
  'AWS::Lambda::Function': ['Code'],
  'AWS::Lambda::LayerVersion': ['Content'],
  'AWS::ApiGateway::RestApi': ['BodyS3Location'],
  'AWS::AppSync::GraphQLSchema': ['DefinitionS3Location'],
  'AWS::AppSync::Resolver': [
    'CodeS3Location',
    'RequestMappingTemplateS3Location',
    'ResponseMappingTemplateS3Location',
  ],
  'AWS::AppSync::FunctionConfiguration': [
    'CodeS3Location',
    'RequestMappingTemplateS3Location',
    'ResponseMappingTemplateS3Location',
  ],
  'AWS::StepFunctions::StateMachine': ['DefinitionS3Location'],
  'AWS::ElasticBeanstalk::ApplicationVersion': ['SourceBundle'],
};

/** What a template names on this machine, which CloudFormation cannot read: `template.yaml Fn.CodeUri ./src`. */
export function localArtifacts({ stacks, missing }: StackTree): readonly string[] {
  const files = stacks.flatMap(({ template }) =>
    [...template.resources.values()].flatMap((resource) =>
      (artifacts[resource.type] ?? [])
        .filter((property) => isLocal(located(resource, property, template.globals.Function)))
        .map((property) => `${template.path} ${resource.logicalId}.${property}`),
    ),
  );
  const templates = missing.flatMap(({ stack, logicalId }) => {
    const properties = stack.template.resources.get(logicalId)?.properties ?? {};
    return isLocal(properties.TemplateURL ?? properties.Location)
      ? [`${stack.template.path} ${logicalId}.TemplateURL`]
      : [];
  });
  return [...files, ...templates];
}

function located({ type, properties }: TemplateResource, property: string, globals: Value | undefined) {
  const written = properties[property];
  if (written !== undefined || type !== 'AWS::Serverless::Function' || 'InlineCode' in properties)
    return written;
  return isMap(globals) ? globals[property] : undefined;
}

function isLocal(value: Value | undefined): boolean {
  return typeof value === 'string' && !/^(?:s3|https?):\/\//.test(value);
}
