import { beforeAll, inject } from 'vitest';

/** Each file of tests begins with an empty account: what one of them leaves behind does not reach the next. */
beforeAll(async () => {
  const endpoint = inject('standIn');
  if (endpoint === undefined) return;
  const { ok, status } = await fetch(new URL('/_ministack/reset', endpoint), { method: 'POST' });
  if (!ok) throw new Error(`the stand-in could not be emptied: HTTP ${status}`);
});
