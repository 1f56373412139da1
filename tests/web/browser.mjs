// A browser for the page's stories: one check counter, and a watch on everything a clean page must not do.
// CHROMIUM: the browser's path. PLAYWRIGHT_CORE: the folder of the module (or its node_modules). AXE_CORE: axe-core's.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

function playwright() {
  const at = process.env.PLAYWRIGHT_CORE;
  if (!at) return createRequire(import.meta.url)('playwright-core');
  const folder = [
    at,
    path.join(at, 'playwright-core'),
    path.join(at, 'node_modules/playwright-core'),
  ].find(p => existsSync(path.join(p, 'package.json')) && /playwright-core$/.test(p));
  return createRequire(import.meta.url)(folder ?? at);
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = () =>
  playwright().chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  });

export async function story(run) {
  const browser = await launch();
  const tally = { passed: 0, failed: 0 };
  const ok = (good, what, detail = '') => {
    tally[good ? 'passed' : 'failed']++;
    if (!good || process.env.VERBOSE)
      console.log(
        `${good ? 'ok  ' : 'FAIL'} ${what}${!good && detail !== '' ? `: ${detail}` : ''}`,
      );
  };
  const step = async (what, fn) => {
    try {
      await fn();
    } catch (e) {
      ok(false, what, e.message.split('\n').slice(0, 6).join(' | '));
    }
  };
  try {
    await run({ browser, ok, step });
  } catch (e) {
    ok(false, 'the story itself', e.stack);
  }
  await browser.close();
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed ? 1 : 0;
  setTimeout(() => process.exit(), 5000).unref(); // a story that broke leaves servers of its own behind
}

// A page whose faults are collected. expectFailures lets 4xx/5xx lines of the browser's console through.
// live: whether it ranks by itself after each edit; most stories say themselves when to rank.
export async function watched(
  browser,
  url,
  { width = 1280, height = 900, colorScheme = 'light', live = false, ...more } = {},
) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, ...more });
  const faults = [];
  const page = await context.newPage();
  page.setDefaultTimeout(Number(process.env.STEP_MS ?? 240000));
  page.on('console', m => {
    if (
      ['error', 'warning'].includes(m.type()) &&
      !(page.expectFailures && /Failed to load resource/.test(m.text()))
    )
      faults.push(`console: ${m.text()}`);
  });
  page.on('pageerror', e => faults.push(`error: ${e.stack}`));
  page.on('dialog', d => {
    faults.push(`dialog: ${d.message()}`);
    d.dismiss().catch(() => {});
  });
  page.on('popup', p => faults.push(`popup: ${p.url()}`));
  page.on('request', r => {
    if (!r.url().startsWith(`${new URL(url).origin}/`))
      faults.push(`request elsewhere: ${r.url()}`);
  });
  await page.addInitScript(
    on => {
      try {
        localStorage.getItem('taproom-live') ?? localStorage.setItem('taproom-live', on);
      } catch {
        /* a frame without storage */
      }
      window.cspReports = [];
      document.addEventListener('securitypolicyviolation', e =>
        window.cspReports.push(`${e.violatedDirective} ${e.blockedURI}`),
      );
    },
    live ? 'on' : 'off',
  );
  const csp = async () => (await page.evaluate(() => window.cspReports)).map(r => `CSP: ${r}`);
  return { context, page, faults: async () => [...faults, ...(await csp())] };
}

// Opens an address as a new document, also where only its hash differs from the open one. It does not pass by
// about:blank: from there the icon still being loaded is a request of no origin, which the browser reports.
let visits = 0;
export const anew = (page, address) => {
  const to = new URL(address);
  to.search = `visit=${++visits}`;
  return page.goto(to.href);
};

export const ranked = page =>
  page.waitForFunction(
    () => document.querySelector('table.list tbody tr') && !document.querySelector('#rank.running'),
  );

// axe-core's findings against WCAG 2.2 A and AA and its best practices, one line each. Run by the driver, so CSP stays.
let axeSource = '';
export async function axe(page, within = 'html') {
  axeSource ||= readFileSync(path.join(process.env.AXE_CORE, 'axe.min.js'), 'utf8');
  await page.evaluate(axeSource);
  return page.evaluate(async at => {
    const found = await window.axe.run(document.querySelector(at), {
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.violations.map(
      v =>
        `${v.id}: ${v.help} (${v.nodes
          .slice(0, 3)
          .map(n => n.target.join(' '))
          .join('; ')})`,
    );
  }, within);
}

// Contrast of every visible text against the nearest opaque background; returns those below WCAG AA.
export const lowContrast = page =>
  page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const rgba = color => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
      const f = v => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
    };
    const behind = el => {
      for (let e = el; e; e = e.parentElement) {
        const c = rgba(getComputedStyle(e).backgroundColor);
        if (c[3] === 255) return c;
      }
      return [255, 255, 255, 255];
    };
    const bad = new Map();
    for (const el of document.querySelectorAll('body *')) {
      const text =
        [...el.childNodes].some(n => n.nodeType === 3 && n.data.trim()) ||
        (el.matches('input, textarea, select') && el.value);
      if (
        !text ||
        !el.checkVisibility() ||
        el.matches(':disabled, .sr, noscript *') ||
        el.closest('.sr, .skip')
      )
        continue;
      const style = getComputedStyle(el);
      const a = light(rgba(style.color)),
        b = light(behind(el));
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const size = parseFloat(style.fontSize);
      if (ratio < (size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5))
        bad.set(`${el.tagName}.${el.className} ${ratio.toFixed(2)}`, true);
    }
    return [...bad.keys()];
  });
