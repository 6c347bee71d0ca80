import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  hasCredentialForm,
  isCredentialName,
  isEqual,
  isList,
  isMap,
  isSecretText,
  type Judgment,
  manual,
  notApplicable,
  type PropertyEdit,
  type ResourceView,
  resourceRemediation,
  type Stack,
  type Value,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { newSecret } from '../kit/companions.js';
import { functionTypes, resourceAt, rulesAbout, says, usd } from '../kit/values.js';
import { type CredentialLocation, managedBy, placesOf, placeTypes, secretType } from './places.js';

const target = z.strictObject({
  managedPasswords: z
    .enum(['fix', 'report'])
    .describe('master passwords of databases that AWS could make, keep and replace by itself'),
});

/** A credential and where it stands. */
interface Found {
  readonly place: CredentialLocation;
  readonly credential: Credential;
}

type Part = Omit<Judgment, 'stack' | 'logicalId'>;

export const secretsInConfiguration = resourceRemediation({
  id: 'secrets-in-configuration',
  title: 'Credentials are in Secrets Manager or Parameter Store, not in templates and configurations',
  why: 'anyone who can read a template or the configuration of a function has every password in it',
  guideRisk: 'high',
  isSecurity: true,
  checklist: 'security-review',
  tryFirst:
    'run each project and sign in to each database once: a role that may not read its secret fails there',
  sources: [
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html#creds',
    'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html',
    'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html',
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_45', 'CKV_AWS_46', 'CKV_SECRET_6'],
    cfnNag: ['F23'],
    cdkNag: ['CodeBuildProjectEnvVarAwsCred'],
    guard: ['CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK'],
    config: ['codebuild-project-envvar-awscred-check', 'ecs-no-environment-secrets'],
    securityHub: ['CodeBuild.2', 'ECS.8'],
    prowler: ['awslambda_function_no_secrets_in_variables', 'codebuild_project_no_secrets_in_variables'],
  },
  ruleScopes: {
    CKV_AWS_45: { types: functionTypes },
    CKV_AWS_46: { types: ['AWS::EC2::Instance'] },
    F23: { types: ['AWS::RDS::DBInstance'] },
    ...rulesAbout(
      { types: ['AWS::CodeBuild::Project'] },
      ...['CodeBuildProjectEnvVarAwsCred', 'CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK'],
    ),
  },
  appliesTo: placeTypes,
  target,
  judge(view, { managedPasswords }, facts) {
    const places = placesOf(view);
    const found = places.flatMap((place): readonly Found[] => {
      const credential = credentialIn(place.expression, place.name, view);
      return credential === undefined ? [] : [{ place, credential }];
    });
    const current = found.map(({ place }) => place.label);
    const [password] = found.filter(({ place }) => place.managed !== undefined);
    if (password !== undefined) return { current, ...judgePassword(view, password, managedPasswords, facts) };
    const bad = found.filter(
      ({ place, credential }) => place.isConfiguration || credential.kind !== 'dynamic',
    );
    if (bad.length === 0) {
      return { verdict: found.length === 0 ? nothingFound(view, places.length) : compliant(resolved) };
    }
    if (bad.some(({ place }) => place.isStore)) {
      return { current, verdict: manual(`${bad.map(said).join('; ')}: ${generated}`) };
    }
    return { current, verdict: judgeVariables(view, bad, facts) };
  },
});

const generated =
  'let Secrets Manager make it (GenerateSecretString), or give it by a NoEcho parameter, and replace the value: who reads the template knows it';

const resolved = 'its password is resolved from a secret when it is deployed';

function nothingFound(view: ResourceView, places: number): Verdict {
  const managed = managedBy(view.type);
  if (managed !== undefined && says('true', view, managed)) {
    return compliant(`AWS makes and keeps its password (${managed})`);
  }
  if (view.type === secretType) return compliant('no credential is written out in the template');
  if (places > 0) return compliant('nothing in it looks like a credential');
  const isFunction = (functionTypes as readonly string[]).includes(view.type);
  return notApplicable(
    isFunction ? 'it has no environment variables' : 'it has nothing a credential could be in',
  );
}

/** What a credential is, without the value. */
function said({ place, credential }: Found): string {
  const { label } = place;
  switch (credential.kind) {
    case 'literal':
      return `${label} is written out in the template`;
    case 'parameter':
      return credential.isHidden
        ? `${label} has the value of the NoEcho parameter ${credential.names.join(', ')}`
        : `${label} has the value of the parameter ${credential.names.join(', ')}, which anyone who sees the stack can read`;
    case 'dynamic':
      return `${label} is resolved when it is deployed, and can be read in the configuration from then on`;
    case 'attribute':
      return `${label} has ${credential.of}`;
  }
}

/** A database whose master password Secrets Manager could make, keep and replace. */
function judgePassword(
  view: ResourceView,
  found: Found,
  managedPasswords: 'fix' | 'report',
  facts: Facts,
): Part {
  const { place, credential } = found;
  const managed = place.managed ?? '';
  if (says('true', view, managed)) {
    return {
      verdict: manual(
        `${place.label} and ${managed} are both set, which AWS refuses: take ${place.label} out`,
      ),
    };
  }
  if (credential.kind === 'dynamic') return { verdict: compliant(resolved) };
  const because = said(found);
  const advice = `set ${managed}: true in its place, and have its users read the secret`;
  if (credential.kind === 'literal') {
    return { verdict: manual(`${because}, where everyone who reads it knows it: ${advice}`) };
  }
  if (credential.kind !== 'parameter' || managedPasswords === 'report' || managed === '') {
    return { verdict: manual(`${because}: ${advice}`) };
  }
  const others = otherUsers(credential.names, view);
  const replicas = facts
    .usersOf(view, view.type)
    .filter((each) => each.expression('SourceDBInstanceIdentifier') !== undefined);
  const bound = [...others, ...replicas.map(({ logicalId }) => logicalId)];
  if (bound.length > 0) {
    const why = replicas.length > 0 ? 'has a read replica or' : 'has a password that';
    return { verdict: manual(`${because}; it ${why} others rely on (${bound.join(', ')}): ${advice}`) };
  }
  return {
    target: { [managed]: true },
    verdict: fixable(because, {
      edits: [
        { path: ['Properties', managed], value: true, individual: true },
        {
          path: ['Properties', ...place.path],
          value: noValue,
          isSatisfiedBy: ({ kind }) => kind === 'absent',
          individual: true,
        },
      ],
      risk: 'review',
      riskBecause: `the password of ${view.logicalId} changes with the deployment and every 7 days: clients must read the secret from then on`,
      cost: secretCost(facts),
      prerequisites: [
        {
          what: `the deploying role may create the secret (secretsmanager:CreateSecret, secretsmanager:TagResource, kms:DescribeKey) of ${view.logicalId}`,
          check: 'manual: look at the policies of the role that deploys',
        },
      ],
      notes: [
        ...credential.names.map((name) => `the parameter ${name} is no longer used, and can be taken out`),
      ],
    }),
  };
}

const noValue: Value = { Ref: 'AWS::NoValue' };

function secretCost(facts: Facts) {
  const price = facts.settings.prices['secretsmanager-secret-month'] ?? 0;
  return {
    monthlyUsd: price,
    formula: `1 secret x ${usd('secretsmanager-secret-month', facts)} USD a month`,
  };
}

/** Variables that the service itself can fill from a secret are moved there; where code has to change, it says where. */
function judgeVariables(view: ResourceView, found: readonly Found[], facts: Facts): Verdict {
  const because = found.map(said).join('; ');
  const moved = found.map((each) => moveToSecret(view, each, facts));
  const stuck = moved.find((each) => 'because' in each);
  if (stuck !== undefined && 'because' in stuck) return manual(`${because}: ${stuck.because}`);
  const fixes = moved.flatMap((each) => ('because' in each ? [] : [each]));
  const [first] = fixes;
  return fixable(because, {
    edits: joined(fixes.flatMap(({ edits }) => edits)),
    companions: fixes.flatMap(({ companions }) => companions),
    risk: 'review',
    riskBecause: first?.riskBecause ?? '',
    notes: ['values in a configuration are known to everyone who could read it: rotate them'],
  });
}

/** Two secrets of one container are two entries of one list. */
function joined(edits: readonly PropertyEdit[]): readonly PropertyEdit[] {
  const byPath = new Map<string, PropertyEdit>();
  for (const edit of edits) {
    const place = edit.path.join('/');
    const before = byPath.get(place)?.value;
    const isMore = isList(before) && isList(edit.value);
    const added = isMore ? edit.value.filter((each) => !before.some((known) => isEqual(known, each))) : [];
    byPath.set(place, isMore ? { ...edit, value: [...before, ...added] } : edit);
  }
  return [...byPath.values()];
}

interface Move {
  readonly edits: readonly PropertyEdit[];
  readonly companions: readonly Companion[];
  readonly riskBecause: string;
}

function moveToSecret(view: ResourceView, found: Found, facts: Facts): Move | { readonly because: string } {
  const { place, credential } = found;
  if ((functionTypes as readonly string[]).includes(view.type))
    return { because: inCode(view, found, facts) };
  if (credential.kind === 'literal') {
    return {
      because:
        'put it in a secret, name the secret here, and replace the value: who reads the template knows it',
    };
  }
  if (place.filledBy === undefined) {
    const isRead = place.isConfiguration || place.isStore === true;
    return {
      because: isRead
        ? 'have what runs there read a secret instead'
        : 'put it in a secret and refer to that ({{resolve:secretsmanager:NAME}})',
    };
  }
  if (credential.kind === 'attribute')
    return { because: `put ${credential.of} in a secret and name the secret here` };
  if (credential.kind === 'dynamic')
    return { because: 'name the secret itself, so that the value is read where it is used' };
  const role = place.role === undefined ? view : resourceAt(facts, view, place.role);
  if (role === undefined || role.stack !== view.stack) {
    return {
      because: `its ${place.role} is not in the template: name a secret here and let that role read it`,
    };
  }
  const empty = credential.names.find((name) => view.stack.template.parameters.get(name)?.default === '');
  if (empty !== undefined) {
    return { because: `${empty} may be left empty, and no secret is: name a secret here where there is one` };
  }
  // What takes the same parameter shares its secret.
  const plain = isMap(place.expression) ? place.expression.Ref : undefined;
  const own = `${view.logicalId}${place.name?.replaceAll(/[^A-Za-z0-9]/g, '') ?? ''}`;
  const secret = facts.freeId(view.stack, `${typeof plain === 'string' ? plain : own}Secret`);
  return {
    edits: place.filledBy({ Ref: secret }),
    companions: [
      newSecret({ logicalId: secret }, place.expression ?? null, secretCost(facts)),
      {
        kind: 'permission',
        logicalId: role.logicalId,
        actions: ['secretsmanager:GetSecretValue'],
        resource: { Ref: secret },
      },
    ],
    riskBecause: `${view.logicalId} reads the secret when it starts, and does not start where it may not`,
  };
}

/** Lambda fills no variable from a secret: its code reads the secret by name. */
function inCode(view: ResourceView, { place }: Found, facts: Facts): string {
  const code = facts.tree.code?.codeOf(view.stack.template.path, view.logicalId);
  const lines = (code?.facts ?? []).flatMap((fact) =>
    fact.kind === 'variable' && fact.name === place.name ? [`${fact.place.file}:${fact.place.line}`] : [],
  );
  const where =
    lines.length > 0
      ? `its code reads it at ${[...new Set(lines)].join(', ')}`
      : code === undefined
        ? 'its code is not at hand'
        : 'nothing its handler reaches was seen to read it';
  return `${where}; have the code get it from Secrets Manager or Parameter Store, and give it the name alone`;
}

/** Where a credential in a configuration comes from. The value itself is kept nowhere, so that no report can have it. */
type Credential =
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
function credentialIn(
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
function otherUsers(names: readonly string[], { stack, logicalId }: ResourceView): readonly string[] {
  const uses = (body: Value) => [...referencesIn(body)].some((each) => names.includes(each));
  const resources = [...stack.template.resources.values()].filter(
    (each) => each.logicalId !== logicalId && uses(each.properties),
  );
  const outputs = Object.entries(stack.template.outputs).filter(([, body]) => uses(body));
  return [...resources.map((each) => each.logicalId), ...outputs.map(([name]) => `output ${name}`)];
}
