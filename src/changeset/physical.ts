import type { Value } from '../document/value.js';
import { evaluate } from '../expressions/evaluate.js';
import { contextFor } from '../expressions/resolve.js';
import type { ResourceValue, SymbolicValue } from '../expressions/symbolic.js';
import { attributeText } from '../template/mentions.js';
import type { Scope } from '../template/template.js';
import type { Deployment } from './deployed.js';

/** What expressions come to in the account, beyond what a template alone can tell. */
export interface Physical {
  /** Undefined where it is not known before the deployment. */
  text(value: Value | undefined, stack: Scope): string | undefined;
  /** Undefined for a resource that is not deployed. */
  id(stack: Scope, logicalId: string): string | undefined;
}

interface AccountAndRegion {
  readonly account: string;
  readonly region: string;
}

/** @param deployment the stack as it stands; stacks of another tree are found in it by their logical ids */
export function physicalNames(
  deployment: Pick<Deployment, 'nested'>,
  { account, region }: AccountAndRegion,
): Physical {
  const byWay = new Map([...deployment.nested.values()].map((each) => [each.way.join('/'), each]));
  const partition = partitionOf(region);

  const id = (stack: Scope, logicalId: string) =>
    byWay
      .get(wayOf(stack).join('/'))
      ?.resources.find(
        (resource) => resource.logicalId === logicalId && resource.status !== 'DELETE_COMPLETE',
      )?.physicalId;

  const pseudoParameter = (name: string, stack: Scope): string | undefined => {
    const stackId = byWay.get(wayOf(stack).join('/'))?.stackId;
    const known: Readonly<Record<string, string | undefined>> = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::Partition': partition,
      'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
      // A stack that is not there yet is known by its name.
      'AWS::StackId': stackId?.includes('/') === false ? undefined : stackId,
      'AWS::StackName': /stack\/([^/]+)\//.exec(stackId ?? '')?.[1] ?? stackId,
    };
    return Object.hasOwn(known, name) ? known[name] : undefined;
  };

  /** In a text an attribute counts that is the id or is made of it; alone, any stands for its resource. */
  const attribute = ({ stack, logicalId, attribute: name }: ResourceValue): string | undefined => {
    const physical = id(stack, logicalId);
    if (physical === undefined || name === 'Ref' || name.endsWith('Id')) return physical;
    const type = stack.template.resources.get(logicalId)?.type ?? '';
    const arn = attributeText(type, name, physical);
    return arn?.replace(
      /\$\{(AWS::\w+)\}/g,
      (hole, pseudo: string) => pseudoParameter(pseudo, stack) ?? hole,
    );
  };

  const said = (value: SymbolicValue): string | undefined => {
    switch (value.kind) {
      case 'value':
        return typeof value.value === 'object' ? undefined : String(value.value);
      case 'resource':
        return id(value.stack, value.logicalId);
      case 'pseudo':
        return pseudoParameter(value.name, value.stack);
      case 'text': {
        const pieces = value.pieces.map((piece) => {
          if (typeof piece === 'string') return piece;
          return piece.value.kind === 'resource' ? attribute(piece.value) : said(piece.value);
        });
        return pieces.every((piece) => piece !== undefined) ? pieces.join('') : undefined;
      }
      default:
        return undefined;
    }
  };

  const text = (value: Value | undefined, stack: Scope): string | undefined => {
    const texts = new Set(
      evaluate(value, stack, contextFor(stack, '', 'named')).map((found) => said(found.value)),
    );
    const [only] = texts;
    return texts.size === 1 ? only : undefined;
  };

  return { text, id };
}

/** Logical ids of the nested stacks from the root down. */
export function wayOf(stack: Scope): readonly string[] {
  const [link] = stack.parents;
  return link === undefined ? [] : [...wayOf(link.stack), link.logicalId];
}

/** The part of AWS a region belongs to, as ARNs have it. */
export function partitionOf(region: string): 'aws' | 'aws-cn' | 'aws-us-gov' {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
