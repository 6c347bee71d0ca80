import { type MachineTask, tasksOf, withQuotedSubstitutions } from '../code/state-machine.js';
import type { ResourceView, Trigger } from '../contract/facts.js';
import { lineOf, nearestNode } from '../document/locate.js';
import type { Document } from '../document/syntax.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { StackTree } from '../template/template.js';
import type { FindFunctions, Member } from './references.js';
import { type FoundTrigger, triggerFrom } from './trigger-places.js';
import { viewResources } from './view.js';

/** A task that calls a function of the tree. */
export interface FunctionTask {
  readonly member: Member;
  readonly machine: ResourceView;
  readonly task: MachineTask;
  /** `statemachine/workflow.asl.json:12`. */
  readonly place: string;
}

const machineTypes: readonly string[] = ['AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachine'];

/** The tasks of all state machines whose definition is in the tree or beside it. */
export function functionTasks(tree: StackTree, find: FindFunctions): readonly FunctionTask[] {
  return viewResources(tree, machineTypes).flatMap((machine) => {
    const definition = definitionOf(machine, tree);
    if (definition === undefined) return [];
    return tasksOf(definition.value).flatMap((task) =>
      calleesOf(task, machine, find).map((member) => ({
        member,
        machine,
        task,
        place: definition.placeOf(task),
      })),
    );
  });
}

interface Definition {
  readonly value: Value;
  placeOf(task: MachineTask): string;
}

function definitionOf(machine: ResourceView, tree: StackTree): Definition | undefined {
  const { stack, logicalId, properties } = machine;
  const file = tree.code?.definitionOf(stack.template.path, logicalId);
  if (file !== undefined) return { value: file.value, placeOf: ({ path }) => placeIn(file, path) };
  const { document, path } = stack.template;
  const own = ['Resources', logicalId, 'Properties'];
  if (isMap(properties.Definition))
    return {
      value: properties.Definition,
      placeOf: (task) => placeIn(document, [...own, 'Definition', ...task.path]),
    };
  const value = parsed(textOf(properties.DefinitionString));
  const line = lineAt(document, [...own, 'DefinitionString']);
  return value === undefined ? undefined : { value, placeOf: () => `${path}:${line}` };
}

function placeIn(document: Document, path: readonly string[]): string {
  return `${document.source.path}:${lineAt(document, path)}`;
}

function lineAt(document: Document, path: readonly string[]): number {
  return lineOf(document.source, nearestNode(document, path).span.start);
}

/** A definition as text, with what is substituted as `${Name}`. */
function textOf(value: Value | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!isMap(value)) return undefined;
  const { 'Fn::Sub': substituted, 'Fn::Join': joined } = value;
  if (isList(substituted)) return textOf(substituted[0]);
  if (typeof substituted === 'string') return substituted;
  const [separator, items] = isList(joined) ? joined : [];
  if (typeof separator !== 'string' || !isList(items)) return undefined;
  return items.map(partOf).join(separator);
}

function partOf(item: Value): string {
  if (!isMap(item)) return String(item);
  const { Ref: ref, 'Fn::GetAtt': attribute } = item;
  if (typeof ref === 'string') return `\${${ref}}`;
  return isList(attribute) ? `\${${attribute.join('.')}}` : '${?}';
}

function parsed(text: string | undefined): Value | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(withQuotedSubstitutions(text));
  } catch {
    return undefined;
  }
}

function calleesOf({ callee }: MachineTask, machine: ResourceView, find: FindFunctions): readonly Member[] {
  if (typeof callee !== 'string') return find(callee, machine.stack);
  const substitutions = machine.expression('DefinitionSubstitutions');
  const own = isMap(substitutions) ? substitutions : {};
  const [, name] = /^\$\{([^}]+)\}(?::[\w$-]+)?$/.exec(callee) ?? [];
  const given = name === undefined ? undefined : own[name];
  if (given !== undefined) return find({ FunctionName: given }, machine.stack);
  return find({ FunctionName: { 'Fn::Sub': [callee, own] } }, machine.stack);
}

/** How the tasks call, where their definition can be read. */
export function machineTriggers(tree: StackTree, find: FindFunctions): readonly FoundTrigger[] {
  return functionTasks(tree, find)
    .filter(({ task }) => task.invocationType !== 'DryRun')
    .map(({ member, machine, task, place }) => {
      const invocation: Trigger['invocation'] = task.invocationType === 'Event' ? 'async' : 'sync';
      const trigger = triggerFrom(machine, member, { invocation, source: 'state-machine' }, 'state machine');
      const how = task.invocationType === 'Event' ? ' with InvocationType Event' : '';
      const many =
        task.atOnce === undefined
          ? ', without a limit'
          : task.atOnce > 1
            ? `, up to ${task.atOnce} at once`
            : '';
      const { state, atOnce, retriesWhenThrottled } = task;
      const seen = `${place} state ${state} calls it${how}${many}`;
      return { member, trigger: { ...trigger, seen, task: { state, atOnce, retriesWhenThrottled } } };
    });
}
