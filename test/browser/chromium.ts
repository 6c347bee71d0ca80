import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** The first Chromium on the PATH; `undefined`, and one line that says so, where there is none. */
export const chromiumPath = findChromium();
if (chromiumPath === undefined)
  console.warn('passed over: no chromium on the PATH; apt-get install chromium, or put one there');

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

export interface Opened {
  readonly page: Page;
  /** Errors, warnings, violations of the content-security policy, and requests for anything but the file. */
  readonly complaints: readonly string[];
}

export async function open(
  browser: Browser,
  file: string,
  { scheme = 'light', width = 1280 }: { scheme?: 'light' | 'dark'; width?: number } = {},
): Promise<Opened> {
  const page = await browser.newPage({
    colorScheme: scheme,
    viewport: { width, height: 900 },
    reducedMotion: 'reduce',
  });
  const complaints: string[] = [];
  const address = `file://${encodeURI(file)}`;
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const [asked] = request.url().split('#');
    if (asked !== address) complaints.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      console.error(`violates ${violatedDirective}: ${blockedURI}`),
    );
  });
  await page.goto(address);
  return { page, complaints };
}

/** What axe-core has against a page as it stands, one text each. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  // What is not laid out before it is scrolled to has neither color nor size.
  await page.evaluate(() => {
    document.styleSheets[0]?.insertRule('.stack, .finding { content-visibility: visible !important; }', 0);
    scrollTo(0, 0);
  });
  return page.evaluate(async () => {
    const { violations, passes } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    // That it has looked at colors and names at all.
    const looked = ['color-contrast', 'label', 'select-name', 'button-name'];
    const missed = looked.filter((id) => ![...passes, ...violations].some((rule) => rule.id === id));
    return [
      ...missed.map((id) => `${id} was not checked`),
      ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`)),
    ];
  });
}

declare global {
  interface Window {
    /** What its source puts there. */
    readonly axe: typeof axe;
  }
}
