/**
 * Takes a screenshot of the page while the demo answers: docs/page.png. Given a folder, it also writes a screenshot for
 * each size and color scheme there. Needs a build.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const QUESTION = 'What happens when a connection breaks in the middle of an answer?'

const sizes = { desktop: { width: 920, height: 800 }, phone: { width: 360, height: 640 } }
const [folder] = process.argv.slice(2)

const server = spawn(process.execPath, ['dist/server/start.js'], {
  env: { ...process.env, PORT: '0', LOG_LEVEL: 'info', OPENAI_BASE_URL: '', OPENAI_API_KEY: '' },
  stdio: ['ignore', 'pipe', 'inherit']
})
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
try {
  const url = await address()
  await take(url, 'docs/page.png', { viewport: sizes.desktop })
  if (folder !== undefined) {
    for (const [size, viewport] of Object.entries(sizes)) {
      for (const colorScheme of ['light', 'dark']) {
        await take(url, join(folder, `${size}-${colorScheme}.png`), { viewport, colorScheme })
      }
    }
  }
} finally {
  await browser.close()
  server.kill()
}

async function address() {
  let text = ''
  for await (const chunk of server.stdout) {
    text += chunk
    const [, url] = /Server listening at (http:[^"]+)"/.exec(text) ?? []
    if (url !== undefined) return url
  }
  throw new Error(`the server did not start: ${text}`)
}

/** Takes a screenshot in the middle of an answer that was resumed after a reload. */
async function take(url, path, options) {
  const context = await browser.newContext({ ...options, deviceScaleFactor: 1.5 })
  const page = await context.newPage()
  await page.goto(url)
  await page.getByLabel('Your message').fill(QUESTION)
  await page.getByLabel('Your message').press('Enter')
  await page.getByText('a pause, while').waitFor()
  await page.reload()
  await page.getByText('Timing', { exact: true }).click()
  await page.getByText('this very answer').waitFor()
  await page.screenshot({ path })
  await context.close()
}
