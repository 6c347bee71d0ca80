import type { Facts, ResourceView } from '../../../src/remediation.js';
import { subjects } from './catalogue.js';
import { isSentTo, topicType } from './topic.js';

/** What alarms are about. What they are sent to cannot be it. */
export function subjectsIn(facts: Facts): readonly ResourceView[] {
  return facts
    .resources(...Object.keys(subjects))
    .filter((view) => view.type !== topicType || !isSentTo(view, facts));
}
