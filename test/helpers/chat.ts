import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { visit } from './chromium.js'
import type { Provider, ProviderCall } from './provider-server.js'
import { until } from './until.js'

/** The chat page, as a person uses it. */
export class Chat {
  readonly page: Page
  readonly offences: string[]

  constructor(page: Page, offences: string[]) {
    this.page = page
    this.offences = offences
  }

  /** Types a question and sends it. */
  async ask(prompt: string): Promise<void> {
    const composer = this.page.getByLabel('Your message')
    await composer.fill(prompt)
    await composer.press('Enter')
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).click()
  }

  /** The text of the last answer. */
  async text(): Promise<string> {
    return (await this.page.locator('.text').last().textContent({ timeout: 10_000 })) ?? ''
  }

  /** The notice below the last answer; `''` for none. */
  async words(): Promise<string> {
    const words = this.page.locator('.words').last()
    return (await words.isVisible()) ? ((await words.textContent()) ?? '') : ''
  }

  /** One of the figures of the last answer. */
  async figure(name: string): Promise<string> {
    return (await this.page.locator(`.${name}`).last().textContent()) ?? ''
  }

  async isBusy(): Promise<boolean> {
    return (await this.page.locator('.answer').last().getAttribute('aria-busy')) === 'true'
  }

  /** Waits until the last answer has exactly this text. */
  async shows(text: string): Promise<void> {
    await until(`the answer "${text}"`, async () => (await this.text()) === text)
  }

  async says(words: RegExp): Promise<void> {
    await until(`the words ${words}`, async () => words.test(await this.words()))
  }

  async isDone(): Promise<void> {
    await until('the end of the answer', async () => !(await this.isBusy()))
  }

  /** Evaluates an expression in the page. */
  evaluate<T>(expression: string): Promise<T> {
    return this.page.evaluate<T>(expression)
  }
}

/** Asks, lets the model begin its answer, and waits until the page shows that. @returns the call of the model */
export async function beginAnswer(chat: Chat, provider: Provider, prompt: string, text: string): Promise<ProviderCall> {
  await chat.ask(prompt)
  const call = await provider.next()
  call.token(text)
  await chat.shows(text)
  return call
}

/** Opens the page. The test fails if the page violates its content security policy or if its script throws. */
export async function openChat(t: Test, browser: Browser, url: string, options?: BrowserContextOptions): Promise<Chat> {
  const { page, offences } = await visit(t, browser, url, options)
  t.teardown(() => {
    if (offences.length > 0) throw new Error(`the page failed: ${offences.join(', ')}`)
  })
  return new Chat(page, offences)
}
