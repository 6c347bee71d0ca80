import { basePreset } from '../../policy/locate.js';
import { environments } from '../../policy/sections.js';
import { type Draft, withSetting } from './draft.js';
import type { Preset, Scene } from './scene.js';
import { choose, type Survey, type Talk } from './talk.js';

const meanings: Readonly<Record<(typeof environments)[number], string>> = {
  production: 'users depend on it',
  staging: 'like production, for a last look',
  development: 'somebody works on it',
  test: 'it may break',
};

/** What the stack is for, and for a new policy what it builds on. */
export function* askEnvironment(
  draft: Draft,
  { policy }: Survey,
  scene: Scene,
  preset: string | undefined,
): Talk<Draft> {
  const environment = yield* choose(
    'What is the stack for?',
    environments.map((value) => ({
      value,
      label: value,
      detail: `${meanings[value]} (policy: environment)`,
    })),
    policy.environment,
  );
  if (scene.isAmended) {
    const rebased = preset === undefined ? draft : withSetting(draft, ['extends'], preset);
    return environment === policy.environment ? rebased : withSetting(rebased, ['environment'], environment);
  }
  const base = preset ?? (yield* askPreset(scene.presets, environment));
  const based = withSetting(draft, ['extends'], base);
  const comesWith = scene.presets.find(({ name }) => name === base)?.environment;
  return environment === comesWith ? based : withSetting(based, ['environment'], environment);
}

function* askPreset(presets: readonly Preset[], environment: string): Talk<string> {
  const fitting = presets.filter((preset) => preset.environment === environment);
  const usual = fitting.find(({ name }) => name === basePreset) ?? fitting[0];
  return yield* choose(
    'Which policy do we start from?',
    presets.map(({ name, about }) => ({ value: name, label: name, detail: `${about} (policy: extends)` })),
    usual?.name ?? basePreset,
  );
}
