import { readdirSync, readFileSync } from 'node:fs';

/** The presets by the path they are looked for at, for files that exist in memory alone. */
export const presetFiles: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync('policies').map((name) => [`policies/${name}`, readFileSync(`policies/${name}`, 'utf8')]),
);
