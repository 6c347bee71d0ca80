import { definitionPathOf } from '../../src/analysis/code-sources.js';
import { viewResources } from '../../src/analysis/view.js';
import type { CodeEvidence, CodeFact, CodeText } from '../../src/code/program.js';
import { loadTree } from '../../src/load/load.js';
import { loadCode } from '../../src/load/load-code.js';
import type { FileStore } from '../../src/ports.js';
import { memoryFiles } from '../memory-files.js';

/** Reads a template and everything beside it, of all functions whatever they may do. */
export async function readCode(files: FileStore, template = 'template.yaml'): Promise<CodeEvidence> {
  const { tree, folder } = await loadTree(files, template);
  return loadCode(files, folder, {
    functions: viewResources(tree, ['AWS::Serverless::Function', 'AWS::Lambda::Function']),
    definitions: viewResources(tree).filter((view) => definitionPathOf(view) !== undefined),
  });
}

/** The facts of one function, one line each: `app.py:4 invokes $WORKER Event`. */
export async function factsOf(
  runtime: string,
  handler: string,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const template = JSON.stringify({
    Transform: 'AWS::Serverless-2016-10-31',
    Resources: {
      Own: {
        Type: 'AWS::Serverless::Function',
        Properties: { CodeUri: 'src', Handler: handler, Runtime: runtime },
      },
    },
  });
  const inFolder = Object.entries(files).map(
    ([path, text]) => [`src/${path}`, text.replace(/^\n/, '')] as const,
  );
  const code = await readCode(memoryFiles({ 'template.yaml': template, ...Object.fromEntries(inFolder) }));
  return (code.codeOf('template.yaml', 'Own')?.facts ?? []).map((fact) =>
    shown(fact).replace(/\bsrc\//g, ''),
  );
}

export function shown(fact: CodeFact): string {
  const at = `${fact.place.file}:${fact.place.line}`;
  switch (fact.kind) {
    case 'operation':
      return `${at} calls ${fact.service}:${fact.operation}`;
    case 'invocation': {
      const via = fact.via === undefined ? '' : ` for ${fact.via.file}:${fact.via.line}`;
      return `${at} invokes ${textOf(fact.target)} ${textOf(fact.type)}${via}`;
    }
    case 'variable':
      return `${at} reads $${fact.name}`;
    case 'host':
      return `${at} requests ${fact.host}`;
    case 'secret':
      return `${at} takes secret ${textOf(fact.name)} from ${fact.store}`;
    case 'name':
      return `${at} names ${fact.of} ${textOf(fact.name)}`;
  }
}

function textOf(text: CodeText): string {
  switch (text.kind) {
    case 'text':
      return text.text;
    case 'variable':
      return `$${text.name}`;
    case 'join':
      return text.parts.map(textOf).join('');
    default:
      return `<${text.kind}>`;
  }
}
