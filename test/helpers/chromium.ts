import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

/** No background traffic, and whatever a container needs. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-sync'
]

/** Starts Debian's Chromium with a new profile. It is closed after the test. */
export async function startChromium(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS })
  t.teardown(() => browser.close())
  return browser
}

/** Starts Debian's Chromium with the profile in a folder, which survives it. It is closed after the test. */
export async function startProfile(t: Test, folder: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', args: ARGS })
  t.teardown(() => context.close())
  return context
}

export interface Visit {
  page: Page
  /** Violations of the page's content security policy, and errors that its script threw. */
  offences: string[]
}

/** Opens a page in a browser context of its own, which is closed after the test. */
export async function visit(
  t: Test,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {}
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options })
  t.teardown(() => context.close())
  const page = await context.newPage()
  const offences: string[] = []
  page.on('pageerror', error => offences.push(String(error)))
  await page.exposeFunction('offend', (offence: string) => offences.push(offence))
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', e => offend(e.violatedDirective + ' ' + e.blockedURI))"
  )
  await page.goto(url)
  return { page, offences }
}
