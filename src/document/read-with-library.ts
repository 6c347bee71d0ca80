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
  const { tokens, comments } = parse(source, yaml);
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

function parse(source: Source, yaml: Yaml): { tokens: CST.Token[]; comments: Comment[] } {
  const parser = new yaml.Parser();
  const tokens: CST.Token[] = [];
  const comments: Comment[] = [];
  let isScalarNext = false;
  for (const lexeme of new yaml.Lexer().lex(source.text)) {
    if (lexeme.startsWith('#') && !isScalarNext) comments.push(commentAt(parser.offset, lexeme, source));
    isScalarNext = lexeme === yaml.CST.SCALAR;
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > nestingLimit + 3) throw nestedTooDeeply(source, parser.offset);
  }
  tokens.push(...parser.end());
  return { tokens, comments };
}

function commentAt(start: number, text: string, source: Source): Comment {
  const ownLine = source.text.slice(lineStartOf(source, start), start).trim() === '';
  return { span: { start, end: start + text.length }, ownLine };
}

/** The library's own document is only asked what is wrong with it; duplicate keys are found when values are built. */
function refuseErrors(tokens: readonly CST.Token[], source: Source, yaml: Yaml): void {
  const composer = new yaml.Composer({
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  for (const { errors } of composer.compose(tokens)) {
    const [error] = errors;
    if (error !== undefined)
      throw unparseable(source, error.pos[0], sentence(error.message), 'correct the YAML there');
  }
}

function sentence(message: string): string {
  const [first = ''] = message.split('\n');
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/[.:]$/, '');
}
