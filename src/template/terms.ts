import { all, always, any, type Formula, never, not, opaque, type Variable } from './formula.js';

/** One side of a comparison: a text, or what it depends on. */
export type Term =
  | { readonly kind: 'text'; readonly text: string }
  /** A variable as it is, or what is made of it. */
  | {
      readonly kind: 'variable';
      readonly variable: Variable;
      /** Says what is made of the variable; absent for the variable itself. */
      readonly made?: {
        readonly id: string;
        readonly isGiven: boolean;
        /** It is empty when the variable is, and only then: the items of a list put together. */
        readonly keepsEmpty: boolean;
        of(text: string): string | undefined;
      };
    }
  /** Not known; `isGiven` when it cannot be empty (the ARN of a resource, a text with a fixed part). */
  | { readonly kind: 'open'; readonly id: string; readonly isGiven: boolean };

/** What an expression may be, each under its guard; exactly one guard holds at a time. */
export type Terms = readonly { readonly guard: Formula; readonly term: Term }[];

/** More alternatives than this are not told apart. */
const mostTerms = 48;

export function textTerm(text: string): Terms {
  return [{ guard: always, term: { kind: 'text', text } }];
}

export function openTerm(id: string, isGiven: boolean): Terms {
  return [{ guard: always, term: { kind: 'open', id, isGiven } }];
}

export function variableTerm(variable: Variable): Terms {
  return [{ guard: always, term: { kind: 'variable', variable } }];
}

export function chooseTerms(guard: Formula, whenTrue: Terms, whenFalse: Terms): Terms {
  const under = (extra: Formula, terms: Terms): Terms =>
    terms.map((alternative) => ({ guard: all([extra, alternative.guard]), term: alternative.term }));
  return [...under(guard, whenTrue), ...under(not(guard), whenFalse)].filter(
    (alternative) => alternative.guard !== never,
  );
}

/**
 * What a function makes of one expression.
 * @param keepsEmpty the result is empty when the expression is, and only then
 */
export function makeTerms(
  id: string,
  terms: Terms,
  make: (text: string) => string | undefined,
  keepsEmpty = false,
): Terms {
  return terms.map(({ guard, term }) => ({ guard, term: makeTerm(id, term, make, keepsEmpty) }));
}

function makeTerm(
  id: string,
  term: Term,
  make: (text: string) => string | undefined,
  keepsEmpty = false,
): Term {
  if (term.kind === 'open') return { kind: 'open', id, isGiven: false };
  if (term.kind === 'text') {
    const text = make(term.text);
    return text === undefined ? { kind: 'open', id, isGiven: false } : { kind: 'text', text };
  }
  const { variable, made } = term;
  const of = (text: string): string | undefined => {
    const inner = made === undefined ? text : made.of(text);
    return inner === undefined ? undefined : make(inner);
  };
  const keeps = keepsEmpty && (made === undefined || made.keepsEmpty);
  return { kind: 'variable', variable, made: { id, isGiven: false, keepsEmpty: keeps, of } };
}

/** Pieces of text put together; known as far as at most one of them is a variable. */
export function joinTerms(id: string, pieces: readonly Terms[]): Terms {
  return pieces.reduce((left, right) => {
    if (left.length * right.length > mostTerms) return openTerm(id, false);
    return left.flatMap((first) =>
      right.map((second) => ({
        guard: all([first.guard, second.guard]),
        term: concatenated(id, first.term, second.term),
      })),
    );
  }, textTerm(''));
}

function concatenated(id: string, left: Term, right: Term): Term {
  if (left.kind === 'text' && left.text === '') return right;
  if (right.kind === 'text' && right.text === '') return left;
  if (left.kind === 'text') return given(makeTerm(id, right, (text) => left.text + text));
  if (right.kind === 'text') return given(makeTerm(id, left, (text) => text + right.text));
  return { kind: 'open', id, isGiven: isGiven(left) || isGiven(right) };
}

/** A text with a fixed part is never empty. */
function given(term: Term): Term {
  if (term.kind === 'open') return { ...term, isGiven: true };
  return term.kind === 'text' || term.made === undefined
    ? term
    : { ...term, made: { ...term.made, isGiven: true } };
}

function isGiven(term: Term): boolean {
  if (term.kind === 'open') return term.isGiven;
  if (term.kind === 'text') return term.text !== '';
  // Pseudo parameters always have a value.
  return term.made === undefined ? term.variable.id.startsWith('AWS::') : term.made.isGiven;
}

/** `Fn::Equals`. */
export function equalTerms(left: Terms, right: Terms): Formula {
  return any(
    left.flatMap((first) =>
      right.map((second) => all([first.guard, second.guard, equalTerm(first.term, second.term)])),
    ),
  );
}

function equalTerm(left: Term, right: Term): Formula {
  if (left.kind === 'text' && right.kind === 'text') return left.text === right.text ? always : never;
  if (left.kind === 'text') return equalsText(right, left.text);
  if (right.kind === 'text') return equalsText(left, right.text);
  const ids = [idOf(left), idOf(right)].sort();
  return ids[0] === ids[1] ? always : opaque(ids.join(' = '));
}

function equalsText(term: Term, text: string): Formula {
  if (text === '' && isGiven(term)) return never;
  if (term.kind === 'variable') {
    const { variable, made } = term;
    if (made === undefined || (made.keepsEmpty && text === ''))
      return { kind: 'test', variable, texts: [text], holds: (value) => value === text };
    const holds = (value: string | undefined): boolean | undefined => {
      const result = value === undefined ? undefined : made.of(value);
      return result === undefined ? undefined : result === text;
    };
    return { kind: 'test', variable, texts: ['', text], holds };
  }
  return opaque(`${idOf(term)} = ${JSON.stringify(text)}`);
}

function idOf(term: Term): string {
  if (term.kind === 'text') return JSON.stringify(term.text);
  if (term.kind === 'open') return term.id;
  return term.made?.id ?? term.variable.id;
}
