import { dirname, isAbsolute, join, sep } from 'node:path';

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
