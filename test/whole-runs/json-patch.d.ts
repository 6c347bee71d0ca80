/** The package has no types of its own. */
declare module 'json-patch' {
  const jsonPatch: { apply(document: object, operations: readonly object[]): unknown };
  export default jsonPatch;
}
