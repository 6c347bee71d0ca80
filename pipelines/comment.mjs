/**
 * Puts a report under a pull request of GitHub or a merge request of GitLab, in place of the one an earlier run has put
 * there. The first line of the report, an HTML comment, is what both have in common.
 *
 *     node comment.mjs REPORT.md
 *
 * GitHub: GITHUB_TOKEN, GITHUB_API_URL, GITHUB_REPOSITORY, IDP_FIX_PULL_REQUEST (its number).
 * GitLab: IDP_FIX_TOKEN (a token with the scope api), CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID.
 *
 * Ends well when it may not write there, which is so for forks: the reports say the same.
 */
import { readFileSync } from 'node:fs';

const pageSize = 100;
const [file] = process.argv.slice(2);
const { env } = process;

/** @returns {{comments: string, edit: (id: number) => string, method: string, headers: Record<string, string>}} */
function hostOf() {
  if (env.CI_MERGE_REQUEST_IID) {
    const notes = `${env.CI_API_V4_URL}/projects/${env.CI_PROJECT_ID}/merge_requests/${env.CI_MERGE_REQUEST_IID}/notes`;
    return {
      comments: notes,
      edit: (id) => `${notes}/${id}`,
      method: 'PUT',
      headers: { 'private-token': env.IDP_FIX_TOKEN ?? '' },
    };
  }
  const issues = `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues`;
  return {
    comments: `${issues}/${env.IDP_FIX_PULL_REQUEST}/comments`,
    edit: (id) => `${issues}/comments/${id}`,
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${env.GITHUB_TOKEN}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
  };
}

async function call(method, url, headers, body) {
  const response = await fetch(url, {
    method,
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'idp-fix' },
    ...(body !== undefined && { body: JSON.stringify({ body }) }),
  });
  if (response.ok) return response.json();
  const refused = new Error(`${method} ${new URL(url).pathname}: ${response.status} ${response.statusText}`);
  refused.status = response.status;
  throw refused;
}

/** The comment that begins with the marker, of however many pages there are. */
async function earlier(host, marker) {
  for (let page = 1; ; page++) {
    const comments = await call('GET', `${host.comments}?per_page=${pageSize}&page=${page}`, host.headers);
    const found = comments.find(({ body }) => body.startsWith(marker));
    if (found !== undefined || comments.length < pageSize) return found;
  }
}

const report = readFileSync(file, 'utf8');
const [marker = ''] = report.split('\n', 1);
if (!/^<!--.*-->$/.test(marker)) throw new Error(`${file} does not begin with a marker`);
const host = hostOf();
try {
  const known = await earlier(host, marker);
  if (known === undefined) await call('POST', host.comments, host.headers, report);
  else if (known.body !== report) await call(host.method, host.edit(known.id), host.headers, report);
  console.log(known === undefined ? 'commented' : 'brought the comment up to date');
} catch (error) {
  if (error.status !== 401 && error.status !== 403 && error.status !== 404) throw error;
  console.log(`no comment, for lack of rights (${error.message}); the reports of this run say the same`);
}
