import { intrinsicName, isIntrinsic } from '../document/intrinsics.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { referencesIn } from './referenced.js';
import type { Stack } from './template.js';
import type { Evaluate, World } from './world.js';

const plain = new WeakMap<object, boolean>();

function isPlain(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const known = plain.get(value);
  if (known !== undefined) return known;
  const answer = intrinsicName(value) === undefined && Object.values(value).every(isPlain);
  plain.set(value, answer);
  return answer;
}

/** A map or list with every part that has one value replaced by it; the rest stays as written. */
export function settled(value: Value, stack: Stack, world: World, evaluate: Evaluate): Value {
  if (isPlain(value)) return value;
  if (isList(value)) {
    return value
      .map((item) => settledPart(item, stack, world, evaluate))
      .filter((item) => item !== undefined);
  }
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(
    ([key, part]) => [key, settledPart(part, stack, world, evaluate)] as const,
  );
  return Object.fromEntries(
    entries.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined),
  );
}

function settledPart(part: Value, stack: Stack, world: World, evaluate: Evaluate): Value | undefined {
  if (!isIntrinsic(part)) return settled(part, stack, world, evaluate);
  if (isOfResource(part, stack)) return part;
  const [only, ...more] = evaluate(part, stack, world);
  if (only === undefined || more.length > 0) return part;
  if (only.outcome.kind === 'absent') return undefined;
  return only.outcome.kind === 'value' ? only.outcome.value : part;
}

/** A shortcut: what names a resource is not known before that exists, unless a nested stack hands it back. */
function isOfResource(part: ValueMap, stack: Stack): boolean {
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = part;
  if (ref === undefined && attribute === undefined && typeof text !== 'string') return false;
  return referencesIn(part).some((id) => stack.template.resources.has(id) && !stack.children.has(id));
}
