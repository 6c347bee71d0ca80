// A remediation of your own. `idp-fix --plugin ./examples/custom-remediation/topic-encryption.mjs template.yaml` plans
// it beside the others; outside this checkout the import is from 'idp-fix', too.
import { compliant, fixable, manual, resourceRemediation, z } from 'idp-fix';

const property = 'KmsMasterKeyId';

const topicEncryption = resourceRemediation({
  id: 'topic-encryption',
  title: 'SNS topics are encrypted with a customer-managed key',
  why: 'the key AWS manages can be neither audited, restricted nor revoked by its user',
  guideRisk: 'medium',
  tryFirst: 'publish to each topic from every service that does, and watch NumberOfNotificationsFailed',
  sources: ['https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html'],
  equivalents: { checkov: ['CKV_AWS_26'], cfnNag: ['W47'], securityHub: ['SNS.1'] },
  appliesTo: ['AWS::SNS::Topic'],
  // With a default the unit is on wherever the policy does not switch it off.
  target: z.strictObject({}).prefault({}),
  judge(topic, _target, facts) {
    const current = topic.properties[property] ?? null;
    if (current !== null) return { verdict: compliant('it has a key'), current };
    const wanted = facts.encryptionKey(topic.stack);
    if ('because' in wanted) return { verdict: manual(`it is not encrypted, and ${wanted.because}`), current };
    return {
      verdict: fixable('messages in it are not encrypted', {
        edits: [{ path: ['Properties', property], value: wanted.arn }],
        companions: wanted.companions,
        cost: { monthlyUsd: null, formula: 'key requests x 0.03 USD per 10,000' },
        notes: ['services that publish to it need a statement in the key policy'],
      }),
      current,
      target: wanted.arn,
    };
  },
});

export const remediations = [topicEncryption];
