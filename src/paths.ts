import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/**
 * What the files of a diff are named from, so that `git apply` takes it: the folder idp-fix was started in; the folder of
 * the root template where that lies outside it, or was named absolutely.
 */
export function pathInDiff(root: string, template: string): string {
  const path = pathFromWorkingFolder(root, template);
  return isAbsolute(path) || path.startsWith('../') ? template : path;
}

/** The folder that the paths of a plan document are named from, as the user would: `infra`, `.` for the working folder. */
export function baseOf(root: string): string {
  return dirname(root).split(sep).join('/');
}

/**
 * Where a template is for somebody who has more than one root before them: from the folder idp-fix was started in, with
 * `/`; absolute where the root was named that way.
 * @param root as the user named it
 * @param template from the folder of the root template
 */
export function pathFromWorkingFolder(root: string, template: string): string {
  const path = isAbsolute(template) ? template : join(dirname(root), template);
  return path.split(sep).join('/');
}

/** Whether a path is a folder or lies below it, by the paths as written: symbolic links are not looked at. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
