/**
 * A field that every answer of AWS has. Without it, something else than AWS has answered, and nothing may be concluded.
 * To be asked within `told`, which says what was being done.
 */
export function required<Value>(value: Value | undefined, field: string): Value {
  if (value === undefined || value === '') throw noAnswer(`the answer has no ${field}, so it is none of AWS`);
  return value;
}

/** The pages of a list. An answer that announces a page that has been read already has no end, and is none of AWS. */
export async function* eachPage<Page>(
  pages: AsyncIterable<Page>,
  next: (page: Page) => string | undefined,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  for await (const page of pages) {
    const token = next(page);
    if (token !== undefined && seen.has(token))
      throw noAnswer('the pages of the answer go round in a circle');
    if (token !== undefined) seen.add(token);
    yield page;
  }
}

/** In the form of an error of the SDK that has no code of AWS. @param status of HTTP */
export function noAnswer(message: string, status?: number): Error {
  return Object.assign(new Error(message), { $metadata: { httpStatusCode: status } });
}
