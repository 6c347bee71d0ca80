import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { flagsForLate } from '../../src/adapters/process.js';

it('gives V8 flags it has, in this version of Node', () => {
  const flags = flagsForLate(process.versions.v8);
  const { status, stderr } = spawnSync(process.execPath, [...flags, '--eval', ''], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it.each([
  ['11.3.244.8-node.38', ['--interrupt-budget=2000000']],
  ['12.4.254.21-node.57', ['--invocation-count-for-turbofan=45000', '--invocation-count-for-osr=12000']],
  ['13.6.233.17-node.53', ['--invocation-count-for-turbofan=45000', '--invocation-count-for-osr=12000']],
  ['14.1.1-node.1', []],
  ['12.9.1-node.1', []],
  ['unknown', []],
])('for V8 %s', (v8, expected) => {
  expect(flagsForLate(v8)).toEqual(expected);
});
