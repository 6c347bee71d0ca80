import { createRequire } from 'node:module';
import type { CST } from 'yaml';
import { lineStartOf } from './locate.js';
import { nestedTooDeeply, nestingLimit, unparseable } from './read-error.js';
import { readNodes, type Yaml } from './read-library-nodes.js';
import type { Comment, Source, Syntax } from './syntax.js';

/** Loading the library costs as much as reading a template without it, so it waits for a text that needs it. */
function library(): Yaml {
  return createRequire(import.meta.url)('yaml');
}

/**
 * Reads any YAML through the concrete syntax tree of the `yaml` library.
 * @throws IdpFixError `template-unparseable`
 */
export function readWithLibrary(source: Source): Syntax {
  const yaml = library();
  const { tokens, comments } = parse(source, lexerOf(yaml), yaml);
  refuseErrors(tokens, source, yaml);
  const [document, second] = tokens.filter((token) => token.type === 'document');
  if (second !== undefined) {
    throw unparseable(
      source,
      second.offset,
      'the file holds more than one YAML document',
      'keep one template per file',
    );
  }
  return { root: readNodes(document, source, yaml), comments };
}

function parse(
  source: Source,
  lexer: Pick<Lexer, 'lex'>,
  yaml: Yaml,
): { tokens: CST.Token[]; comments: Comment[] } {
  const parser = new yaml.Parser();
  const tokens: CST.Token[] = [];
  const comments: Comment[] = [];
  let isScalarNext = false;
  for (const lexeme of lexer.lex(source.text)) {
    if (lexeme.startsWith('#') && !isScalarNext) comments.push(commentAt(parser.offset, lexeme, source));
    isScalarNext = lexeme === yaml.CST.SCALAR;
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > nestingLimit + 3) throw nestedTooDeeply(source, parser.offset);
  }
  tokens.push(...parser.end());
  return { tokens, comments };
}

/** What of the library's lexer is replaced; it is no part of its public types, so the version is pinned. */
interface Lexer {
  /** Column that a line has to reach to belong to the value that is being read. */
  indentNext: number;
  getLine(): string | null;
  lex(text: string): Iterable<string>;
  parseFlowCollection: () => Step;
  parseQuotedScalar: () => Step;
  parseLineStart: () => Step;
}

type Step = Generator<string, unknown, unknown>;

/**
 * A lexer that minds indentation as little as the parsers of CloudFormation and SAM do. Lines between brackets and quotes
 * may be indented anyhow, where the library follows the specification; and a comment says nothing about the indentation
 * of what follows it, where the library goes by the comment.
 */
function lexerOf(yaml: Yaml): Lexer {
  const lexer = new yaml.Lexer() as unknown as Lexer;
  const { parseFlowCollection, parseQuotedScalar, parseLineStart } = lexer;
  const anyhow = (parse: () => Step) =>
    function* () {
      const { indentNext } = lexer;
      lexer.indentNext = 0;
      const next = yield* parse.call(lexer);
      lexer.indentNext = indentNext;
      return next;
    };
  lexer.parseFlowCollection = anyhow(parseFlowCollection);
  lexer.parseQuotedScalar = anyhow(parseQuotedScalar);
  lexer.parseLineStart = function* () {
    const { indentNext } = lexer;
    const isComment = /^ *#/.test(lexer.getLine() ?? '');
    const next = yield* parseLineStart.call(lexer);
    if (isComment) lexer.indentNext = indentNext;
    return next;
  };
  return lexer;
}

function commentAt(start: number, text: string, source: Source): Comment {
  const ownLine = source.text.slice(lineStartOf(source, start), start).trim() === '';
  return { span: { start, end: start + text.length }, ownLine };
}

/** The library's own document is only asked what is wrong with it; duplicate keys are found when values are built. */
function refuseErrors(tokens: readonly CST.Token[], source: Source, yaml: Yaml): void {
  const found = firstError(tokens, yaml);
  if (found === undefined) return;
  // Where a bracket is left open, the specification's indentation tells where it should have been closed.
  const strict = firstError(parse(source, new yaml.Lexer(), yaml).tokens, yaml) ?? found;
  const { message, offset } = strict.offset > found.offset ? strict : found;
  throw unparseable(source, offset, message, 'correct the YAML there');
}

function firstError(
  tokens: readonly CST.Token[],
  yaml: Yaml,
): { readonly offset: number; readonly message: string } | undefined {
  const composer = new yaml.Composer({
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  for (const { errors } of composer.compose(tokens)) {
    const [error] = errors;
    if (error !== undefined) return { offset: error.pos[0], message: sentence(error.message) };
  }
  return undefined;
}

function sentence(message: string): string {
  const [first = ''] = message.split('\n');
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/[.:]$/, '');
}
