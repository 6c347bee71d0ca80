import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import type { Value } from '../document/value.js';
import { openTemplate } from '../template/open.js';
import { joinStackTree } from '../template/stack-tree.js';
import type { StackTree } from '../template/template.js';

/** One section of a case file. */
export interface RemediationCase {
  readonly name: string;
  /** What stands between the heading and the first block. */
  readonly prose: string;
  /** On top of the production preset; empty for the preset itself. */
  readonly policy: string;
  /** By path, the root first. */
  readonly templates: Readonly<Record<string, string>>;
  readonly diff: string;
  /** A line per finding: `LogicalId: verdict: because`. */
  readonly findings: string;
}

export interface CasePage {
  /** Everything before the first case. */
  readonly head: string;
  readonly cases: readonly RemediationCase[];
}

/** Markdown with a `##` section per case, and in it fenced blocks: policy, template(s), diff, findings. */
export function parseCases(text: string): CasePage {
  const [head = '', ...sections] = text.split(/^## /m);
  return { head, cases: sections.map(parseCase) };
}

function parseCase(section: string): RemediationCase {
  const name = section.slice(0, section.indexOf('\n'));
  const blocks = [...section.matchAll(/^(`{3,})(.*)\n([\s\S]*?)^\1$/gm)];
  const prose = section.slice(name.length + 1, blocks[0]?.index ?? section.length).trim();
  const find = (kind: string) => blocks.find(([, , info]) => info === kind)?.[3] ?? '';
  const templates = blocks.flatMap(([, , info = '', body = '']) => {
    const match = /^(yaml|json) template(?: path=(\S+))?$/.exec(info);
    return match === null ? [] : [[match[2] ?? `template.${match[1]}`, body] as const];
  });
  return {
    name,
    prose,
    policy: find('yaml policy'),
    templates: Object.fromEntries(templates),
    diff: find('diff'),
    findings: find('findings'),
  };
}

export function formatCases({ head, cases }: CasePage): string {
  return head + cases.map(formatCase).join('\n');
}

function formatCase({ name, prose, policy, templates, diff, findings }: RemediationCase): string {
  const block = (info: string, body: string) => `\`\`\`${info}\n${body}\`\`\`\n`;
  const parts = [
    `## ${name}\n`,
    ...(prose === '' ? [] : [`${prose}\n`]),
    ...(policy === '' ? [] : [block('yaml policy', policy)]),
    ...Object.entries(templates).map(([path, text]) => {
      const kind = path.endsWith('.json') ? 'json' : 'yaml';
      return block(path === `template.${kind}` ? `${kind} template` : `${kind} template path=${path}`, text);
    }),
    block('diff', diff),
    block('findings', findings),
  ];
  return parts.join('\n');
}

/** Other bytes for the same template: how they come about, how texts compare then, and what must not change. */
interface Variant {
  readonly name: string;
  change(text: string): string;
  back(text: string): string;
  readonly keeps: RegExp;
}

export const variants: readonly Variant[] = [
  {
    name: 'with CRLF line ends',
    change: (text) => text.replaceAll('\n', '\r\n'),
    back: (text) => text.replaceAll('\r\n', '\n'),
    keeps: /^(?:[^\n]*\r\n)*$/,
  },
  {
    name: 'with a byte order mark',
    change: (text) => `\uFEFF${text}`,
    back: (text) => text,
    keeps: /^/,
  },
  {
    name: 'without a final line end',
    change: (text) => text.replace(/\n$/, ''),
    back: (text) => text.replace(/\n$/, ''),
    keeps: /[^\n]$/,
  },
];

/** A stack tree from texts by path; the first one is the root. */
export function treeOf(
  texts: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, Value>> = {},
): StackTree {
  const templates = Object.entries(texts).map(
    ([path, text]) =>
      [path, openTemplate(readDocument(decodeSource(path, new TextEncoder().encode(text))))] as const,
  );
  const [root] = Object.keys(texts);
  if (root === undefined) throw new Error('a tree needs a root');
  return joinStackTree(root, new Map(templates), { parameters: new Map(Object.entries(parameters)) });
}
