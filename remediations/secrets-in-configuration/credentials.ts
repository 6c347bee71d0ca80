import {
  hasCredentialForm,
  isCredentialName,
  isList,
  isMap,
  isSecretText,
  type ResourceView,
  type Stack,
  type Value,
} from '../../src/remediation.js';

/** Where a credential in a configuration comes from. The value itself is kept nowhere, so that no report can have it. */
export type Credential =
  /** Written out in the template. */
  | { readonly kind: 'literal' }
  /** Put in by the deploying role. */
  | { readonly kind: 'parameter'; readonly names: readonly string[]; readonly isHidden: boolean }
  /** `{{resolve:…}}`, which CloudFormation replaces by the value. */
  | { readonly kind: 'dynamic'; readonly reference: string }
  /** An attribute of a resource that is a credential. */
  | { readonly kind: 'attribute'; readonly of: string };

/** Attributes that are credentials. @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ */
const credentialAttributes: ReadonlySet<string> = new Set([
  'AWS::IAM::AccessKey.SecretAccessKey',
  'AWS::Cognito::UserPoolClient.ClientSecret',
  'AWS::AppSync::ApiKey.ApiKey',
  'AWS::RDS::DBInstance.MasterUserPassword',
]);

/**
 * Whether an expression puts a credential into a configuration.
 * @param name what it is put under; `undefined` where that is a password by what the property is
 */
export function credentialIn(
  expression: Value | undefined,
  name: string | undefined,
  view: ResourceView,
): Credential | undefined {
  const { stack } = view;
  if (expression === undefined) return undefined;
  const isNamed = name === undefined || isCredentialName(name);
  const texts = [...textsIn(expression)];
  const dynamic = texts.find((text) => /\{\{resolve:(secretsmanager|ssm-secure):/.test(text));
  if (dynamic !== undefined) return { kind: 'dynamic', reference: dynamic };
  const parameters = [...referencesIn(expression)].filter((each) => stack.template.parameters.has(each));
  const hidden = parameters.filter((each) => isHidden(stack, each));
  if (hidden.length > 0) return { kind: 'parameter', names: hidden, isHidden: true };
  const attribute = [...attributesIn(expression)].find(([id, attribute]) =>
    credentialAttributes.has(`${stack.template.resources.get(id)?.type}.${attribute}`),
  );
  if (attribute !== undefined) return { kind: 'attribute', of: attribute.join('.') };
  if (texts.some(hasCredentialForm)) return { kind: 'literal' };
  if (!isNamed) return undefined;
  const [only] = parameters;
  if (only !== undefined && isMap(expression) && expression.Ref === only) {
    // A parameter that takes its value from Parameter Store is named for what it holds too.
    return isCredentialName(only) || name === undefined
      ? { kind: 'parameter', names: [only], isHidden: false }
      : undefined;
  }
  return typeof expression === 'string' && isSecretText(expression) ? { kind: 'literal' } : undefined;
}

/** `NoEcho` here, or where a parent passes it on. @param asked parameters on the way that were found not to be */
function isHidden(stack: Stack, name: string, asked: Set<string> = new Set()): boolean {
  const key = `${stack.template.path}#${name}`;
  if (asked.has(key)) return false;
  asked.add(key);
  if (stack.template.parameters.get(name)?.noEcho === true) return true;
  return stack.parents.some((link) => {
    const passed = link.stack.template.resources.get(link.logicalId)?.properties.Parameters;
    const expression = isMap(passed) ? passed[name] : undefined;
    if (expression === undefined) return false;
    return [...referencesIn(expression)].some(
      (each) => link.stack.template.parameters.has(each) && isHidden(link.stack, each, asked),
    );
  });
}

function* textsIn(value: Value): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (isList(value)) for (const item of value) yield* textsIn(item);
  else if (isMap(value)) for (const inner of Object.values(value)) yield* textsIn(inner);
}

/** Names of parameters and resources in `Ref` and `Fn::Sub`. */
function* referencesIn(value: Value): Generator<string> {
  if (isList(value)) for (const item of value) yield* referencesIn(item);
  if (!isMap(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'Ref' && typeof inner === 'string') yield inner;
    else if (key === 'Fn::Sub') {
      for (const text of textsIn(inner))
        yield* [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
      yield* referencesIn(inner);
    } else yield* referencesIn(inner);
  }
}

function* attributesIn(value: Value): Generator<readonly [string, string]> {
  if (isList(value)) for (const item of value) yield* attributesIn(item);
  if (!isMap(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key !== 'Fn::GetAtt') yield* attributesIn(inner);
    else if (isList(inner) && inner.length === 2) yield [String(inner[0]), String(inner[1])];
    else if (typeof inner === 'string') {
      const at = inner.indexOf('.');
      yield [inner.slice(0, at), inner.slice(at + 1)];
    }
  }
}

/** Resources and outputs of the parameter's templates that use it beside the one that is looked at. */
export function otherUsers(names: readonly string[], { stack, logicalId }: ResourceView): readonly string[] {
  const uses = (body: Value) => [...referencesIn(body)].some((each) => names.includes(each));
  const resources = [...stack.template.resources.values()].filter(
    (each) => each.logicalId !== logicalId && uses(each.properties),
  );
  const outputs = Object.entries(stack.template.outputs).filter(([, body]) => uses(body));
  return [...resources.map((each) => each.logicalId), ...outputs.map(([name]) => `output ${name}`)];
}
