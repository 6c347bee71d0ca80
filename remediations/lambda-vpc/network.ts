import {
  type Facts,
  isEqual,
  isList,
  isMap,
  type Need,
  type ResourceView,
  type Stack,
  type Value,
} from '../../src/remediation.js';
import { functionTypes } from '../kit/functions.js';
import { type HandedDown, handDown } from '../kit/hand-down.js';

/** A `VpcConfig` in the terms of a template. */
export interface Network {
  readonly value: Value;
  readonly needs: readonly Need[];
  /** It is made by the templates. */
  readonly isOwn: boolean;
  /** For reading. */
  readonly description: string;
}

interface Chosen {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/**
 * What the templates hold is in the network the other functions of the template are in, if any of them is. Everything
 * else goes where the policy says, by parameters of the root that whoever deploys may leave empty.
 */
export function networkFor(
  { stack }: ResourceView,
  chosen: Chosen,
  reachesOwn: boolean,
  facts: Facts,
): Network | undefined {
  const own = networkOfOthers(stack, facts);
  const isChosen = chosen.subnetIds.length >= 2 && chosen.securityGroupIds.length > 0;
  if (own !== undefined && (reachesOwn || !isChosen)) return own;
  if (!isChosen) return undefined;
  const subnets = listParameter(
    stack,
    'FunctionSubnetIds',
    'Private subnets of functions, in two zones; empty for no network',
    chosen.subnetIds,
    facts,
  );
  const groups = listParameter(
    stack,
    'FunctionSecurityGroupIds',
    'Security groups of functions in the network',
    chosen.securityGroupIds,
    facts,
  );
  const isGiven = { 'Fn::Not': [{ 'Fn::Equals': [{ 'Fn::Join': ['', subnets.value] }, ''] }] };
  const name = conditionName(stack, isGiven);
  const inside = { SubnetIds: subnets.value, SecurityGroupIds: groups.value };
  return {
    value: { 'Fn::If': [name, inside, { Ref: 'AWS::NoValue' }] },
    needs: [...subnets.needs, ...groups.needs, { kind: 'condition', name, definition: isGiven }],
    isOwn: false,
    description: chosen.subnetIds.join(', '),
  };
}

function networkOfOthers(stack: Stack, facts: Facts): Network | undefined {
  const found = facts
    .resources(...functionTypes)
    .filter((view) => view.stack === stack)
    .flatMap((view) => {
      const config = view.expression('VpcConfig');
      const isWhole = isMap(config) && isNamed(config.SubnetIds) && isNamed(config.SecurityGroupIds);
      return isWhole ? [{ config, logicalId: view.logicalId }] : [];
    });
  const [first] = found;
  if (first === undefined || !found.every(({ config }) => isEqual(config, first.config))) return undefined;
  return { value: first.config, needs: [], isOwn: true, description: `the subnets of ${first.logicalId}` };
}

function isNamed(ids: Value | undefined): boolean {
  return isMap(ids) || (isList(ids) && ids.length > 0);
}

/** A list of the root's, handed to nested templates as one text; without it they stay deployable alone. */
function listParameter(
  stack: Stack,
  wanted: string,
  description: string,
  values: readonly string[],
  facts: Facts,
): HandedDown {
  const name = parameterName(wanted, facts);
  const definition = { Type: 'CommaDelimitedList', Description: description, Default: '' };
  const inRoot = (root: Stack): HandedDown => ({
    value: { Ref: name },
    needs: [{ kind: 'parameter', name, definition: { ...definition, Default: values.join(',') }, in: root }],
  });
  return handDown(stack, name, definition, inRoot, (list) => ({ 'Fn::Join': [',', list] }));
}

/** A name no template of the tree uses for something else. */
function parameterName(wanted: string, { tree }: Facts): string {
  const isOther = (name: string) =>
    tree.stacks.some(({ template: { parameters, resources, conditions } }) => {
      const definition = parameters.get(name);
      const isTaken = definition !== undefined && !/^(CommaDelimitedList|List<)/.test(definition.type);
      return isTaken || resources.has(name) || conditions.has(name);
    });
  let name = wanted;
  for (let number = 2; isOther(name); number++) name = `${wanted}${number}`;
  return name;
}

function conditionName({ template: { conditions } }: Stack, definition: Value): string {
  let name = 'HasFunctionNetwork';
  for (let number = 2; conditions.has(name) && !isEqual(conditions.get(name), definition); number++) {
    name = `HasFunctionNetwork${number}`;
  }
  return name;
}
