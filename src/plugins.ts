import type { Remediation } from './contract/remediation.js';
import { IdpFixError } from './errors.js';
import type { Modules } from './ports.js';
import type { Product } from './product.js';
import * as z from './zod.js';

/**
 * What a plugin exports as `remediations`. Only what would otherwise fail far from its cause is checked; the types say
 * the rest.
 */
const shape = z.object({
  id: z.string().regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'an id in kebab-case, as in topic-encryption'),
  kind: z.enum(['resource', 'tree'], 'made by resourceRemediation() or treeRemediation()'),
  title: z.string().min(1, 'one sentence'),
  why: z.string().min(1, 'one sentence'),
  guideRisk: z.enum(['high', 'medium', 'low'], 'high, medium or low'),
  tryFirst: z.string().min(1, 'one sentence'),
  sources: z.array(z.string()).min(1, 'one address at least'),
  equivalents: z.record(z.string(), z.array(z.string()), 'ids of other tools, or {}'),
  target: z.custom<z.ZodType>(
    (value) => typeof value === 'object' && value !== null && 'safeParse' in value,
    'a zod schema',
  ),
  judge: z.custom((value) => typeof value === 'function', 'a function'),
});

/**
 * The product with the remediations of plugins beside its own.
 * @param specifiers paths of modules, or names of packages, in the order they were given
 * @throws IdpFixError `plugin-invalid` with the plugin, what is wrong with it and what it should be
 */
export async function withPlugins(
  product: Product,
  specifiers: readonly string[],
  modules: Modules,
): Promise<Product> {
  const all = [...product.remediations];
  for (const specifier of specifiers) {
    for (const remediation of remediationsOf(specifier, await modules.load(specifier))) {
      if (all.some(({ id }) => id === remediation.id)) {
        throw invalid(specifier, `there is a remediation ${remediation.id} already`, 'give it another id');
      }
      all.push(remediation);
    }
  }
  return { ...product, remediations: all };
}

function remediationsOf(specifier: string, module: object): readonly Remediation[] {
  const exported: unknown = 'remediations' in module ? module.remediations : undefined;
  if (!Array.isArray(exported) || exported.length === 0) {
    throw invalid(specifier, 'it exports no list of remediations', 'export const remediations = [ … ]');
  }
  for (const [index, each] of exported.entries()) {
    const [issue] = shape.safeParse(each).error?.issues ?? [];
    if (issue === undefined) continue;
    const place = [`remediations[${index}]`, ...issue.path.map(String)].join('.');
    throw invalid(specifier, `${place} is not as it should be`, `it should be ${issue.message}`);
  }
  return (exported as readonly Remediation[]).map((each) => inToday(specifier, each));
}

/** Words of the contract before 0.2.0, and those of today. */
const formerWords = [
  ['wants', 'edits'],
  ['needs', 'companions'],
  ['leaves', 'notes'],
] as const;

/** A plugin for an earlier contract would lose its edits without a word, so its first verdict says so. */
function inToday(specifier: string, remediation: Remediation): Remediation {
  const checked = <Judged extends { readonly verdict: object }>(judged: Judged): Judged => {
    for (const [former, today] of formerWords) {
      if (!(former in judged.verdict)) continue;
      const what = `${remediation.id} answers with \`${former}\`, which is called \`${today}\` since 0.2.0`;
      throw invalid(specifier, what, 'rename it, or use the version of the plugin for this release');
    }
    return judged;
  };
  if (remediation.kind === 'tree') {
    const judge: typeof remediation.judge = (...given) => remediation.judge(...given).map(checked);
    return { ...remediation, judge };
  }
  const judge: typeof remediation.judge = (...given) => checked(remediation.judge(...given));
  return { ...remediation, judge };
}

function invalid(specifier: string, what: string, hint: string): IdpFixError {
  return new IdpFixError('plugin-invalid', `plugin ${specifier}: ${what}`, { hint });
}
