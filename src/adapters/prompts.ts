/** The prompts that are used: a bundle that imports all of them takes along an editor and its table of encodings. */
export { input, select } from '@inquirer/prompts';
export { checkList } from './check-list.js';
