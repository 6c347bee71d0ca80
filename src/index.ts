/** The public library: what the command line is made of, without the command line. */

export { remediations } from '../remediations/index.js';
export { type ErrorCode, IdpFixError } from './errors.js';
export { type Loaded, type LoadOptions, loadText, loadTree } from './load.js';
export { applyPatch } from './patch/json-patch.js';
export { buildPlan, type PatchedFile, type PlanOptions, type PlanResult } from './plan/build.js';
export type * from './plan/document.js';
export { loadPolicy } from './policy/load.js';
export type { Policy } from './policy/policy.js';
export type { FileStore } from './ports.js';
export type { Remediation } from './remediation.js';
export { diffReport } from './report/diff.js';
export { jsonReport } from './report/json.js';
export { patchReport } from './report/patch.js';
export { textReport } from './report/text.js';
export type { StackTree } from './template/template.js';
