import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { startApp } from '../../helpers/app-process.js'
import { Chat } from '../../helpers/chat.js'
import { startProfile } from '../../helpers/chromium.js'
import { openAiServer, type ProviderCall } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'

t.setTimeout(240_000)

/** What outlives each test. */
const root = t

const folder = await mkdtemp(join(tmpdir(), 'profile-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
let answer: (call: ProviderCall) => unknown = echo
const provider = await openAiServer(t, call => answer(call))
const { url } = await startApp(t, { OPENAI_BASE_URL: provider.url })
let context: BrowserContext = await startProfile(t, folder)
const offences: string[] = []

t.beforeEach(() => {
  provider.calls.length = 0
  answer = echo
})
t.afterEach(async () => {
  if (offences.length > 0) throw new Error(`the page failed: ${offences.splice(0).join(', ')}`)
  // The first is what the browser began with: it ends with its last page.
  for (const page of context.pages().slice(1)) await page.close()
})

/** Answers every question with its last message. */
function echo(call: ProviderCall): void {
  const { content } = call.body.messages.at(-1) as { content: string }
  call.token(`You said ${content}.`)
  call.finish()
}

/** Opens a tab with the page. */
async function openTab(): Promise<Chat> {
  const page = await context.newPage()
  page.on('pageerror', error => offences.push(String(error)))
  await page.goto(url)
  return new Chat(page, offences)
}

/** Opens the list of conversations. */
async function openList({ page }: Chat): Promise<void> {
  if (await page.locator('#conversations').isVisible()) return
  await page.getByRole('button', { name: 'Conversations' }).click()
}

/** What the list shows, when it shows as many as there must be. */
async function titles(chat: Chat, count: number): Promise<string[]> {
  const items = chat.page.locator('#conversations .open')
  await until(`${count} conversations`, async () => (await items.count()) === count)
  return items.allTextContents()
}

async function openConversation(chat: Chat, title: string): Promise<void> {
  await openList(chat)
  await chat.page.locator('#conversations .open', { hasText: title }).click()
  await chat.page.locator('#conversations [aria-current]', { hasText: title }).waitFor({ state: 'attached' })
}

/** Asks in a conversation of its own. */
async function begin(chat: Chat, prompt: string): Promise<void> {
  const button = chat.page.getByRole('button', { name: 'New chat' })
  if (await button.isEnabled()) await button.click()
  await chat.ask(prompt)
  await chat.shows(`You said ${prompt}.`)
}

/** Waits until both tabs show the same questions and the same last answer. */
async function agree(one: Chat, other: Chat): Promise<void> {
  const texts = ({ page }: Chat) => page.locator('.prompt, .text, .words:visible').allTextContents()
  await until('both agree', async () => (await texts(one)).join('|') === (await texts(other)).join('|'))
}

t.test('conversations are found again after the browser was restarted', async t => {
  const chat = await openTab()
  await openList(chat)
  t.equal(await chat.page.locator('.none').isVisible(), true)
  await chat.page.keyboard.press('Escape')
  await begin(chat, 'first')
  await begin(chat, `second ${'long '.repeat(30)}`.trim())
  t.strictSame(await titles(chat, 2), [`${`second ${'long '.repeat(30)}`.slice(0, 59)}…`, 'first'])
  await context.close()

  context = await startProfile(root, folder)
  const again = await openTab()
  t.equal(await again.page.locator('article').count(), 0, 'a new tab begins with a new chat')
  await openConversation(again, 'first')
  t.equal(await again.text(), 'You said first.')
  t.equal(await again.page.locator('#conversations').isVisible(), false)
  t.equal(await again.evaluate('document.activeElement.id'), 'prompt')
  await again.ask('third')
  await again.shows('You said third.')
  t.match(provider.calls.at(-1)?.body.messages, [{ content: 'first' }, { content: 'You said first.' }, {}])
  await openList(again)
  await until('it is the first now', async () => (await titles(again, 2))[0] === 'first')
  t.equal(await again.page.locator('[aria-current]').textContent(), 'first')
})

t.test('a conversation is renamed, and deleted with a way back', async t => {
  const chat = await openTab()
  const { page } = chat
  await begin(chat, 'rename me')
  await openList(chat)
  await page.getByRole('button', { name: 'Rename “rename me”' }).click()
  await page.getByLabel('New name').locator('visible=true').fill('forget it')
  await page.keyboard.press('Escape')
  t.equal(await page.locator('#conversations').isVisible(), true, 'Escape ends only the renaming')
  t.equal((await titles(chat, 3))[0], 'rename me')
  await page.getByRole('button', { name: 'Rename “rename me”' }).click()
  await page.getByLabel('New name').locator('visible=true').fill('  my   name ')
  await page.keyboard.press('Enter')
  await until('the name', async () => (await titles(chat, 3))[0] === 'my name')
  t.match(await chat.evaluate('document.activeElement.className'), 'rename')

  await page.getByRole('button', { name: 'Delete “my name”' }).click()
  t.notOk((await titles(chat, 2)).includes('my name'))
  t.equal(await page.locator('article').count(), 0, 'it is no longer shown')
  t.equal(await chat.evaluate('document.activeElement.className'), 'undo')
  await page.keyboard.press('Enter')
  t.ok((await titles(chat, 3)).includes('my name'))
  await openConversation(chat, 'my name')
  t.equal(await chat.text(), 'You said rename me.')
  await chat.ask('more')
  await chat.shows('You said more.')
  await openList(chat)
  await page.getByRole('button', { name: 'Delete “my name”' }).click()
  await titles(chat, 2)
  await page.reload()
  await openList(chat)
  t.notOk((await titles(chat, 2)).includes('my name'), 'it stays deleted')
})

t.test('two tabs on one conversation agree', async t => {
  const one = await openTab()
  await begin(one, 'together')
  const other = await openTab()
  await openConversation(other, 'together')
  t.equal(await other.text(), 'You said together.')

  let call: ProviderCall | undefined
  answer = each => {
    call = each
  }
  await one.ask('and now?')
  await until('it is asked', () => call !== undefined)
  call?.token('Both')
  await other.shows('Both')
  call?.token(' see this')
  await other.shows('Both see this')
  await other.press('Stop the answer')
  await one.says(/^Stopped\.$/)
  await until('the provider is left', () => call?.closed)
  await agree(one, other)
  t.equal(provider.calls.length, 2, 'no tab has asked for itself')

  answer = echo
  await other.press('Ask again')
  await one.shows('You said and now?.')
  await agree(one, other)
  await one.page.getByRole('button', { name: 'Edit the question' }).first().click()
  await one.page.locator('.is-editing textarea').fill('alone')
  await one.page.keyboard.press('Enter')
  await other.shows('You said alone.')
  await agree(one, other)
  t.equal(await other.page.locator('article').count(), 1)

  await openList(one)
  await one.page.getByRole('button', { name: 'Rename “alone”', exact: true }).click()
  await one.page.getByLabel('New name').locator('visible=true').fill('shared')
  await one.page.keyboard.press('Enter')
  await openList(other)
  await until('the other knows', async () => (await titles(other, 4)).includes('shared'))
  await other.page.getByRole('button', { name: 'Delete “shared”' }).click()
  await until('the other has left it', async () => (await one.page.locator('article').count()) === 0)
})

t.test('of two questions that were asked at once, one is asked, and the other can be asked again', async t => {
  const one = await openTab()
  await begin(one, 'race')
  const other = await openTab()
  await openConversation(other, 'race')
  const waiting: ProviderCall[] = []
  answer = call => {
    waiting.push(call)
  }
  await Promise.all([one.ask('mine'), other.ask('yours')])
  await until('both are asked', () => waiting.length === 2)
  for (const call of waiting) {
    const { content } = call.body.messages.at(-1) as { content: string }
    call.token(`It was ${content}.`)
  }
  await agree(one, other)
  for (const call of waiting) call.finish()
  await one.isDone()
  await other.isDone()
  await agree(one, other)
  const kept = await one.text()
  const drafts = await Promise.all([one, other].map(({ page }) => page.getByLabel('Your message').inputValue()))
  t.match(kept, /^It was (mine|yours)\.$/)
  t.strictSame(drafts.filter(Boolean), [kept.includes('mine') ? 'yours' : 'mine'])
})

t.test('a conversation that was left in the middle of its answer goes on when it is opened again', async t => {
  const chat = await openTab()
  let call: ProviderCall | undefined
  answer = each => {
    call = each
  }
  await chat.ask('leave')
  await until('it is asked', () => call !== undefined)
  call?.token('Half')
  await chat.shows('Half')
  answer = echo
  await openConversation(chat, 'race')
  t.equal(await chat.isBusy(), false)
  t.equal(call?.closed, false, 'the source goes on')
  call?.token(' and whole')
  call?.finish()
  await openConversation(chat, 'leave')
  await chat.shows('Half and whole')
  await chat.isDone()
  t.equal(chat.page.url(), `${url}/`)
})

t.test('a browser that keeps nothing says so, and can be used', async () => {
  const page = await context.newPage()
  await page.addInitScript("IDBFactory.prototype.open = () => { throw new Error('no') }")
  await page.goto(url)
  const chat = new Chat(page, offences)
  await page.locator('#notice', { hasText: 'cannot keep conversations' }).waitFor()
  await chat.ask('hello')
  await chat.shows('You said hello.')
})
