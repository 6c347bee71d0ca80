import {
  type Access,
  compliant,
  type Facts,
  fixable,
  type Judgement,
  manual,
  type Need,
  type ResourceView,
  scalarText,
  type Verdict,
} from '../../src/remediation.js';
import { emailSubscription } from '../kit/companions.js';
import { hasSubscription, type TopicTarget } from '../kit/monitoring/topic.js';
import { says } from '../kit/values.js';

/** A topic that alarms are sent to: can they reach it, and does anybody listen? */
export function judgeReachable(
  view: ResourceView,
  { emails }: TopicTarget,
  facts: Facts,
): Pick<Judgement, 'verdict' | 'target'> {
  const obstacle = obstacleTo(view, facts);
  if (obstacle !== undefined) return { verdict: manual(`alarms sent to it are lost: ${obstacle}`) };
  const closed = accessesOf(view, facts).filter(({ answer }) => answer === 'no');
  const isHeard = hasSubscription(view, facts);
  if (isHeard && closed.length === 0) return { verdict: compliant('alarms reach it, and somebody listens') };
  const faults = [...closed.map((each) => each.because), ...(isHeard ? [] : ['nobody has subscribed to it'])];
  const because = `alarms sent to it are lost: ${faults.join(', and ')}`;
  if (closed.some(({ needs }) => needs === undefined)) return { verdict: manual(because) };
  const locked = closed.flatMap(({ needs = [] }) => needs);
  if (!isHeard && emails.length === 0) {
    return {
      verdict: manual(`${because}; set remediations.cloudwatch-alarms.emails, or subscribe to it by hand`, [
        'emails',
      ]),
    };
  }
  return {
    target: 'heard of by somebody',
    verdict: opened(because, [...locked, ...(isHeard ? [] : subscriptions(view, emails, facts))], isHeard),
  };
}

function opened(because: string, needs: readonly Need[], isHeard: boolean): Verdict {
  return fixable(because, {
    wants: [],
    needs,
    cost: { monthlyUsd: 0, formula: 'the first thousand e-mails of a month are free' },
    leaves: isHeard ? [] : ['whoever gets an e-mail has to confirm the subscription once'],
  });
}

function obstacleTo(view: ResourceView, facts: Facts): string | undefined {
  const state = facts.keyState(view, ['KmsMasterKeyId']);
  if (state.kind === 'unusable') return state.because;
  const outcomes = view.read('KmsMasterKeyId').map(({ outcome }) => outcome);
  if (outcomes.some((outcome) => scalarText(outcome)?.includes('alias/aws/'))) {
    return 'its key is the one AWS manages, which cannot be opened to CloudWatch';
  }
  return says('true', view, 'FifoTopic') ? 'it is a FIFO topic, which alarms cannot be sent to' : undefined;
}

/** Of the policies of the topic and of its key, itself or by an alias. */
function accessesOf(view: ResourceView, facts: Facts): readonly Access[] {
  const keys = view
    .read('KmsMasterKeyId')
    .flatMap(({ outcome }) => (outcome.kind === 'resource' ? [outcome] : []));
  return [...keys, view].map((each) => facts.access(each, { by: 'cloudwatch', to: view }));
}

function subscriptions(view: ResourceView, emails: readonly string[], facts: Facts): readonly Need[] {
  return emails.map((address, index) => {
    const wanted = `${view.logicalId}Subscription${index === 0 ? '' : index + 1}`;
    const place = { logicalId: facts.freeId(view.stack, wanted), condition: view.condition };
    return emailSubscription(place, view.logicalId, address);
  });
}
