/** Packages a function is made of: its own folder first, then its layers. */
export interface Roots {
  readonly own: string;
  readonly layers: readonly string[];
}

export function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '' : path.slice(0, end);
}

/** Joins paths with `/`; `..` at the start stays, so that a loader can refuse what is outside. */
export function join(folder: string, path: string): string {
  const tokens: string[] = folder === '' ? [] : folder.split('/');
  for (const token of path.split('/')) {
    if (token === '' || token === '.') continue;
    if (token === '..' && tokens.length > 0 && tokens.at(-1) !== '..') tokens.pop();
    else tokens.push(token);
  }
  return tokens.join('/');
}
