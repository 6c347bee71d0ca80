import { describe, expect, test } from 'vitest';
import {
  declareLogGroup,
  newGroupId,
  ownLogGroup,
  partlyDeclared,
  retentionOfOthers,
  verdictOnOwn,
} from '../../remediations/kit/log-groups.js';
import { factsOf, getArn, resourceWith, viewOf } from './facts.js';

const functionType = 'AWS::Lambda::Function';
const buildType = 'AWS::CodeBuild::Project';
const basics = `Role: 'arn:aws:iam::111122223333:role/r', Handler: a.b, Runtime: python3.13, Code: {S3Bucket: b, S3Key: k}`;
const aFunction = (more = '') => `{${basics}${more}}`;
const logging = (name: string) => aFunction(`, LoggingConfig: {LogGroup: ${name}}`);
const noValue = '!Ref "AWS::NoValue"';
const group = (name: string, properties = '{}', more = '') =>
  `  ${name}: {Type: AWS::Logs::LogGroup${more}, Properties: ${properties}}\n`;
const onlyOne = ', Condition: IsOne';

describe('which log group a function or build has', () => {
  async function own(properties: string, resources = '', type = functionType) {
    const { facts, it } = await resourceWith(properties, type, resources);
    return ownLogGroup(it, facts);
  }
  const judgedItself = { isJudged: true, says: 'it logs to the group its LoggingConfig names' };
  const unclear = { isJudged: undefined, says: 'which log group its LoggingConfig names is not known' };
  const advice = 'declare it in every deployment, importing the group where it is there already';
  const undeclared = (name: string) => ({
    isJudged: false,
    says: `it logs to ${name}, an auto-created log group where no template declares it`,
    advice,
  });
  const implicit = "{LogGroupName: !Sub '/aws/lambda/${It}'}";

  test.each([
    ['its own', aFunction(), '', undefined],
    ['its own in some deployments', logging(`!If [IsOne, x, ${noValue}]`), '', undefined],
    [
      'a declared one',
      aFunction(),
      group('Logs', implicit),
      { isJudged: true, says: 'it logs to Logs, which is checked on its own' },
    ],
    [
      'one that is declared in some deployments',
      aFunction(),
      group('Logs', implicit, onlyOne),
      {
        isJudged: false,
        says: 'it logs to Logs in some deployments only, and to an auto-created log group in the others',
        advice: partlyDeclared,
      },
    ],
    ['one of another function', aFunction(), group('Logs', '{LogGroupName: /aws/lambda/other}'), undefined],
    ['one that it names', logging('!Ref Logs'), group('Logs'), judgedItself],
    [
      'one or the other that it names',
      logging('!If [IsOne, !Ref Logs, !Ref More]'),
      group('Logs') + group('More'),
      judgedItself,
    ],
    ['one by its text', logging('/own/logs'), group('Logs', '{LogGroupName: /own/logs}'), judgedItself],
    [
      'one by the same expression',
      logging("!Sub '/own/${Given}'"),
      group('Logs', "{LogGroupName: !Sub '/own/${Given}'}"),
      judgedItself,
    ],
    [
      'one by its text that nobody declares',
      logging('/own/logs'),
      group('Logs', '{LogGroupName: /other}'),
      undeclared('/own/logs'),
    ],
    [
      'one by its text that is declared in some deployments',
      logging('/own/logs'),
      group('Logs', '{LogGroupName: /own/logs}', onlyOne),
      undeclared('/own/logs'),
    ],
    ['one of a parameter', logging('!Ref Given'), '', unclear],
    ['one of a text with a parameter', logging("!Sub '/own/${Given}'"), '', unclear],
    [
      'one that is declared or one that is not',
      logging('!If [IsOne, /own/logs, /more]'),
      group('Logs', '{LogGroupName: /own/logs}'),
      undeclared('/own/logs'),
    ],
    ['one or one of a parameter', logging('!If [IsOne, /own, !Ref Given]'), '', unclear],
    ['what is no log group', logging('!Ref Topic'), '  Topic: {Type: AWS::SNS::Topic}\n', unclear],
    [
      'one or what is no log group',
      logging('!If [IsOne, !Ref Logs, !Ref Topic]'),
      `${group('Logs')}  Topic: {Type: AWS::SNS::Topic}\n`,
      unclear,
    ],
  ])('%s', async (_, properties, resources, expected) => {
    expect(await own(properties, resources)).toEqual(expected);
  });

  test('a function at the edge has none that could be declared', async () => {
    const distribution =
      '  Site: {Type: AWS::CloudFront::Distribution, Properties: {DistributionConfig: {DefaultCacheBehavior: {LambdaFunctionAssociations: [{EventType: origin-request, LambdaFunctionARN: !Ref Version}]}}}}\n  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref It}}\n';
    expect(await own(aFunction(), distribution)).toEqual({
      isJudged: true,
      says: 'it runs at the edge and logs in the Region of the visitor',
    });
  });

  test.each([
    ['{}', undefined],
    ['{LogsConfig: {CloudWatchLogs: {Status: ENABLED}}}', undefined],
    ['{LogsConfig: {CloudWatchLogs: {Status: DISABLED}}}', 'it writes no logs to CloudWatch Logs'],
    ['{LogsConfig: {CloudWatchLogs: {Status: !If [IsOne, DISABLED, ENABLED]}}}', undefined],
    ['{LogsConfig: {CloudWatchLogs: {GroupName: !Ref Logs}}}', 'it logs to the group its LogsConfig names'],
  ])('of a build with %s', async (properties, says) => {
    expect((await own(properties, group('Logs'), buildType))?.says).toBe(says);
  });

  test.each([
    [
      { isJudged: undefined, says: 'x' },
      { verdict: 'unknown', because: 'x' },
    ],
    [
      { isJudged: true, says: 'x' },
      { verdict: 'not-applicable', because: 'x' },
    ],
    [
      { isJudged: false, says: 'x', advice: 'do it' },
      { verdict: 'manual', because: 'x, which is bad: do it' },
    ],
  ])('%j', (found, expected) => {
    expect(verdictOnOwn(found, 'which is bad')).toEqual(expected);
  });
});

describe('a new log group', () => {
  async function declared(properties = aFunction(), resources = '', type = functionType) {
    const { facts, it } = await resourceWith(properties, type, resources);
    const made = declareLogGroup(it, { RetentionInDays: 30 }, facts);
    if ('stays' in made) return { stays: made.stays, edits: [], companions: [], notes: [] };
    return { stays: undefined, ...made };
  }
  const name = '/aws/lambda/${AWS::StackName}-ItLogGroup';
  const filter = (group: string, more = '', type = 'MetricFilter', before = '') =>
    `  Filter: {Type: AWS::Logs::${type}${before}, Properties: {LogGroupName: ${group}, FilterPattern: x, MetricTransformations: []${more}}}\n`;
  const itsGroup = "!Sub '/aws/lambda/${It}'";

  test('is named by the function, which may write to it', async () => {
    const { edits, companions, notes } = await declared();
    expect(edits).toEqual([
      { path: ['Properties', 'LoggingConfig', 'LogGroup'], value: { Ref: 'ItLogGroup' }, individual: true },
    ]);
    expect(companions).toEqual([
      {
        kind: 'resource',
        logicalId: 'ItLogGroup',
        body: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 } },
      },
      {
        kind: 'permission',
        logicalId: 'It',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resource: getArn('ItLogGroup'),
      },
    ]);
    expect(notes).toEqual([
      'the old log group /aws/lambda/STACK-It-SUFFIX stays with its logs (aws logs describe-log-groups --log-group-name-prefix /aws/lambda/STACK-It- finds it): aws logs put-retention-policy --log-group-name /aws/lambda/STACK-It-SUFFIX --retention-in-days 365 keeps them a year, aws logs delete-log-group --log-group-name /aws/lambda/STACK-It-SUFFIX removes them',
    ]);
  });

  test('of a build is switched on with it', async () => {
    const { edits, companions, notes } = await declared('{Name: builder, ServiceRole: r}', '', buildType);
    expect(edits).toEqual([
      {
        path: ['Properties', 'LogsConfig', 'CloudWatchLogs', 'GroupName'],
        value: { Ref: 'ItLogGroup' },
        individual: true,
      },
      { path: ['Properties', 'LogsConfig', 'CloudWatchLogs', 'Status'], value: 'ENABLED', individual: true },
    ]);
    expect(companions).toHaveLength(2);
    expect(notes[0]).toMatch(
      /^the old log group \/aws\/codebuild\/builder stays with its logs: aws logs put/,
    );
  });

  test('has the old one told by its name, where that is one', async () => {
    const said = async (named: string) => (await declared(aFunction(`, FunctionName: ${named}`))).notes[0];
    expect(await said('worker')).toMatch(/^the old log group \/aws\/lambda\/worker stays with its logs: /);
    expect(await said('!If [IsOne, a, b]')).toContain('STACK-It-SUFFIX');
    expect(await said('!Ref Given')).toContain('STACK-It-SUFFIX');
  });

  test('has the condition of the function, and an id of its own', async () => {
    const { facts } = await resourceWith(
      '{}',
      'AWS::SNS::Topic',
      `  Other: {Type: ${functionType}${onlyOne}, Properties: ${aFunction()}}\n  OtherLogGroup: {Type: AWS::SNS::Topic}\n`,
    );
    const view = viewOf(facts, 'Other');
    expect(newGroupId(view, facts)).toBe('OtherLogGroup2');
    expect(declareLogGroup(view, {}, facts)).toMatchObject({
      companions: [{ logicalId: 'OtherLogGroup2', body: { Condition: 'IsOne' } }, {}],
    });
  });

  test.each(['MetricFilter', 'SubscriptionFilter'])('takes a %s along', async (type) => {
    const { edits } = await declared(aFunction(), filter(itsGroup, '', type));
    expect(edits.slice(1)).toEqual([
      { logicalId: 'Filter', path: ['Properties', 'LogGroupName'], value: { Ref: 'ItLogGroup' } },
    ]);
  });

  test.each([
    ['a filter with a name of its own', filter(itsGroup, ', FilterName: mine'), 'Filter goes'],
    [
      'a resource of another kind',
      `  Filter: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: ${itsGroup}}}\n`,
      'Filter goes',
    ],
    [
      'several',
      filter(itsGroup, ', FilterName: mine') +
        filter(itsGroup, ', FilterName: mine').replace('Filter:', 'Second:'),
      'Filter, Second go',
    ],
    [
      'a text with more',
      `  Filter: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub 'x /aws/lambda/\${It} y'}}\n`,
      'Filter goes',
    ],
  ])('is none where something cannot follow: %s', async (_, resources, who) => {
    const { stays } = await declared(aFunction(), resources);
    expect(stays).toMatch(
      new RegExp(`^${who} by the name of that group, and would be left with the old one`),
    );
    expect(stays).toContain(who.endsWith('go') ? 'point them there' : 'point it there');
  });

  test('takes no filter along that is there where the group is not', async () => {
    const { facts } = await resourceWith(
      '{}',
      'AWS::SNS::Topic',
      `  Other: {Type: ${functionType}${onlyOne}, Properties: ${aFunction()}}\n${filter("!Sub '/aws/lambda/${Other}'")}`,
    );
    expect(declareLogGroup(viewOf(facts, 'Other'), {}, facts)).toMatchObject({
      stays: expect.stringContaining('Filter goes'),
    });
    const { facts: same } = await resourceWith(
      '{}',
      'AWS::SNS::Topic',
      `  Other: {Type: ${functionType}${onlyOne}, Properties: ${aFunction()}}\n${filter("!Sub '/aws/lambda/${Other}'", '', 'MetricFilter', onlyOne)}`,
    );
    expect(declareLogGroup(viewOf(same, 'Other'), {}, same)).toMatchObject({
      edits: [{}, { logicalId: 'Filter' }],
    });
  });

  test('has a name where something goes by how names begin', async () => {
    const { facts, it } = await resourceWith(aFunction(), functionType);
    const user = { view: undefined, name: 'Rights', path: [], isName: false };
    const found = (prefix: string | undefined) =>
      declareLogGroup(
        it,
        {},
        {
          ...facts,
          implicitLogGroupUsers: () => [{ ...user, ...(prefix !== undefined && { prefix }) }],
        },
      );
    expect(found('/aws/lambda/')).toMatchObject({
      companions: [
        { body: { Properties: { LogGroupName: { 'Fn::Sub': name } } } },
        { resource: getArn('ItLogGroup') },
      ],
    });
    expect(found('/aws/lambda/it-')).toMatchObject({
      stays: expect.stringContaining('Rights goes'),
    });
    expect(found(undefined)).toMatchObject({ stays: expect.stringContaining('Rights goes') });
  });

  test('is none where code names the old one', async () => {
    const { facts, it } = await resourceWith(aFunction(), functionType);
    const lines = { ...facts, implicitLogGroupLines: () => ['src/a.py:4', 'src/b.py:1'] };
    expect(declareLogGroup(it, {}, lines)).toEqual({
      stays:
        'code names that group (src/a.py:4, src/b.py:1), and would be left with the old one: declare the group and have the code take its name from a variable',
    });
  });

  test('names itself by its text where its key needs the role that writes to it', async () => {
    const role =
      "  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}\n  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Role.Arn}, Action: 'kms:*', Resource: '*'}]}}}\n";
    const { companions } = await declared(
      aFunction().replace(/Role: '[^']*'/, 'Role: !GetAtt Role.Arn'),
      role,
    );
    expect(companions).toMatchObject([
      { body: { Properties: { LogGroupName: { 'Fn::Sub': name } } } },
      {
        resource: {
          'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${name}:*`,
        },
      },
    ]);
    const { companions: free } = await declared(aFunction(), role);
    expect(free).toMatchObject([{}, { resource: getArn('ItLogGroup') }]);
  });

  test('is as long as the others where nothing else is said', async () => {
    const { facts, it } = await resourceWith(
      aFunction(),
      functionType,
      `${group('A', '{RetentionInDays: !FindInMap [M, a, b]}')}\nMappings: {M: {a: {b: 90}}}\n`,
    );
    const mapped = { RetentionInDays: { 'Fn::FindInMap': ['M', 'a', 'b'] } };
    expect(declareLogGroup(it, {}, facts)).toMatchObject({
      companions: [{ body: { Properties: mapped } }, {}],
    });
    expect(declareLogGroup(it, { RetentionInDays: 30 }, facts)).toMatchObject({
      companions: [{ body: { Properties: { RetentionInDays: 30 } } }, {}],
    });
    expect(retentionOfOthers(it, facts)).toEqual(mapped);
    expect(retentionOfOthers(it, facts, 90)).toEqual(mapped);
    expect(retentionOfOthers(it, facts, 91)).toEqual({});
  });

  test.each([
    ['a number', group('A', '{RetentionInDays: 90}')],
    ['a parameter that nobody gave a value', group('A', '{RetentionInDays: !Ref Given}')],
    ['one branch that is less', group('A', '{RetentionInDays: !If [IsOne, 365, 1]}')],
    ['nothing', group('A')],
    // Another fix may be about to change what the deployed value is.
    [
      'a default',
      `${group('A', '{RetentionInDays: !Ref Days}')}\nParameters: {Days: {Type: Number, Default: 90}}\n`,
    ],
  ])('is not as long as the others: %s', async (_, resources) => {
    const template = `Conditions: {IsOne: !Equals [!Ref "AWS::Region", x]}\nResources:\n  It: {Type: ${functionType}, Properties: ${aFunction()}}\n${resources}`;
    const facts = await factsOf(template.replace('!Ref Given', '!Ref "AWS::StackName"'));
    expect(retentionOfOthers(viewOf(facts, 'It'), facts, 30)).toEqual({});
    expect(retentionOfOthers(viewOf(facts, 'It'), facts)).toEqual(
      resources.includes('!If') || resources.includes('!Ref Given')
        ? expect.objectContaining({ RetentionInDays: expect.anything() })
        : {},
    );
  });

  test('is as long as the others of its template, by a parameter that is given a value', async () => {
    const nested = (days: string) => ({
      'a.yaml': `Resources:\n  A: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yaml, Parameters: {Days: ${days}}}}\nParameters: {Days: {Type: Number, Default: 1}}\n`,
      'b.yaml': `Parameters: {Days: {Type: Number}}\nResources:\n  It: {Type: ${functionType}, Properties: ${aFunction()}}\n  A: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}\n`,
    });
    const found = async (days: string) => {
      const facts = await factsOf(nested(days));
      return retentionOfOthers(viewOf(facts, 'It', 'b.yaml'), facts, 30);
    };
    expect(await found('90')).toEqual({ RetentionInDays: { Ref: 'Days' } });
    expect(await found('7')).toEqual({});
    expect(await found('!Ref Days')).toEqual({});
  });
});
