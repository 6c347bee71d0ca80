import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';
import { FakeHost } from './fake-host.js';

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-comment-'));
afterAll(() => rmSync(folder, { recursive: true }));
const report = join(folder, 'comment.md');
const marker = '<!-- idp-fix: a -->';

describe.each([
  {
    name: 'GitHub',
    environment: (url: string) => ({
      GITHUB_API_URL: url,
      GITHUB_REPOSITORY: 'owner/name',
      GITHUB_TOKEN: 'secret',
      IDP_FIX_PULL_REQUEST: '7',
    }),
    list: '/repos/owner/name/issues/7/comments',
    one: '/repos/owner/name/issues/comments/',
    edit: 'PATCH',
    token: 'Bearer secret',
  },
  {
    name: 'GitLab',
    environment: (url: string) => ({
      CI_API_V4_URL: url,
      CI_PROJECT_ID: '12',
      CI_MERGE_REQUEST_IID: '7',
      IDP_FIX_TOKEN: 'secret',
    }),
    list: '/projects/12/merge_requests/7/notes',
    one: '/projects/12/merge_requests/7/notes/',
    edit: 'PUT',
    token: 'secret',
  },
])('a comment on $name', ({ environment, list, one, edit, token }) => {
  let host = new FakeHost();
  let url = '';
  beforeEach(async () => {
    host = new FakeHost();
    url = await host.start();
    writeFileSync(report, `${marker}\nfirst\n`);
  });
  afterEach(() => host.stop());

  const comment = async (): Promise<{ status: number | null; said: string }> => {
    const script = join(projectFolder, 'pipelines/comment.mjs');
    const child = spawn(process.execPath, [script, report], {
      env: { PATH: process.env.PATH, ...environment(url) },
    });
    let said = '';
    child.stdout.on('data', (text) => (said += String(text)));
    child.stderr.on('data', (text) => (said += String(text)));
    const [status] = await once(child, 'close');
    return { status, said };
  };

  it('is made once, and brought up to date in its place', async () => {
    expect(await comment()).toEqual({ status: 0, said: 'commented\n' });
    writeFileSync(report, `${marker}\nsecond\n`);
    expect(await comment()).toEqual({ status: 0, said: 'brought the comment up to date\n' });
    expect(host.comments).toEqual([{ id: 1, body: `${marker}\nsecond\n` }]);
    expect(host.calls).toEqual([
      { method: 'GET', path: list, token },
      { method: 'POST', path: list, token },
      { method: 'GET', path: list, token },
      { method: edit, path: `${one}1`, token },
    ]);
  });

  it('is left as it is when it says the same', async () => {
    await comment();
    await comment();
    expect(host.calls.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });

  it('is found behind a page of others, which are let be', async () => {
    const others = Array.from({ length: 130 }, (_, id) => ({ id: id + 1000, body: `about ${marker}` }));
    host.comments.push(...others.map((each) => ({ ...each })), { id: 5, body: `${marker}\nold\n` });
    await comment();
    expect(host.comments).toEqual([...others, { id: 5, body: `${marker}\nfirst\n` }]);
  });

  it.each([401, 403, 404])('is done without when the token may not (%i)', async (status) => {
    host.refusesWith = status;
    const { status: code, said } = await comment();
    expect(code).toBe(0);
    expect(said).toContain(`no comment, for lack of rights (GET ${list}: ${status}`);
    expect(said).not.toContain('secret');
  });

  it('fails when the host does', async () => {
    host.refusesWith = 500;
    expect((await comment()).status).toBe(1);
  });
});
