import { isList, isMap, type Value } from '../document/value.js';
import { substitutionParts } from '../template/mentions.js';
import { resolve } from '../template/resolve.js';
import type { Stack } from '../template/template.js';
import type { Deployment } from './deployed.js';
import { partitionOf } from './partition.js';

/** What expressions come to in the account, beyond what a template alone can tell. */
export interface Physical {
  /** Undefined where it is not known before the deployment. */
  text(value: Value | undefined, stack: Stack): string | undefined;
  /** Undefined for a resource that is not deployed. */
  id(stack: Stack, logicalId: string): string | undefined;
}

interface Place {
  readonly account: string;
  readonly region: string;
}

/** @param deployment the stack as it stands; stacks of another tree are found in it by their logical ids */
export function physicalNames(deployment: Pick<Deployment, 'nested'>, { account, region }: Place): Physical {
  const byWay = new Map([...deployment.nested.values()].map((each) => [each.way.join('/'), each]));
  const partition = partitionOf(region);

  const id = (stack: Stack, logicalId: string) =>
    byWay
      .get(wayOf(stack).join('/'))
      ?.resources.find(
        (resource) => resource.logicalId === logicalId && resource.status !== 'DELETE_COMPLETE',
      )?.physicalId;

  const named = (name: string, stack: Stack): string | undefined => {
    const pseudo: Readonly<Record<string, string | undefined>> = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::Partition': partition,
      'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
      'AWS::StackId': byWay.get(wayOf(stack).join('/'))?.stackId,
      'AWS::StackName': /stack\/([^/]+)\//.exec(byWay.get(wayOf(stack).join('/'))?.stackId ?? '')?.[1],
    };
    if (Object.hasOwn(pseudo, name)) return pseudo[name];
    if (stack.template.resources.has(name)) return id(stack, name);
    return known({ Ref: name }, stack);
  };

  const known = (value: Value, stack: Stack): string | undefined => {
    const texts = new Set(
      resolve(value, stack).map(({ outcome }) => {
        if (outcome.kind === 'value' && typeof outcome.value !== 'object') return String(outcome.value);
        if (outcome.kind === 'resource') return id(outcome.stack, outcome.logicalId);
        return undefined;
      }),
    );
    const [only] = texts;
    return texts.size === 1 ? only : undefined;
  };

  const text = (value: Value | undefined, stack: Stack): string | undefined => {
    if (value === undefined || value === null) return undefined;
    if (!isMap(value)) return isList(value) ? undefined : String(value);
    const { Ref: name, 'Fn::Sub': substituted, 'Fn::Join': joined } = value;
    if (typeof name === 'string') return named(name, stack);
    if (typeof substituted === 'string') {
      return whole(
        substitutionParts(substituted).map((part) => ('text' in part ? part.text : named(part.name, stack))),
        '',
      );
    }
    if (isList(joined) && typeof joined[0] === 'string' && isList(joined[1])) {
      return whole(
        joined[1].map((item) => text(item, stack)),
        joined[0],
      );
    }
    return known(value, stack);
  };

  return { text, id };
}

/** Logical ids of the nested stacks from the root down. */
export function wayOf(stack: Stack): readonly string[] {
  const [link] = stack.parents;
  return link === undefined ? [] : [...wayOf(link.stack), link.logicalId];
}

function whole(parts: readonly (string | undefined)[], separator: string): string | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known.join(separator) : undefined;
}
