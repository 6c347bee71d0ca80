/** A file that the build bundles and makes a text of: see `embed.mjs`. */
declare module '*?embed' {
  const text: string;
  export default text;
}
