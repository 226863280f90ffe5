import t from 'tap'
import { startApp } from '../../helpers/app-process.js'
import { openChat } from '../../helpers/chat.js'
import { startChromium } from '../../helpers/chromium.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'

t.setTimeout(240_000)

const browser = await startChromium(t)
const provider = await openAiServer(t, () => {})
const { url } = await startApp(t, { OPENAI_BASE_URL: provider.url })

const delta = (fields: object) => `data: ${JSON.stringify({ choices: [{ delta: fields }] })}\n\n`
const call = (index: number, id: string | undefined, name: string | undefined, args: string) => ({
  tool_calls: [{ index, id, function: { name, arguments: args } }]
})

t.test('reasoning is folded beside the answer, calls of tools are shown, and both survive a reload', async t => {
  const chat = await openChat(t, browser, url)
  const reasoning = chat.page.locator('.reasoning')
  const calls = chat.page.locator('.tool-calls li')
  await chat.ask('weather?')
  const { start, write, finish } = bound(await provider.next())
  start()
  t.equal(await reasoning.isVisible(), false)
  write(delta({ reasoning_content: 'I need <b>the' }))
  write(delta({ reasoning_content: ' weather</b>.' }))
  await until('the reasoning', async () => (await reasoning.locator('div').first().textContent())?.endsWith('</b>.'))
  t.equal(await reasoning.isVisible(), true)
  t.equal(await reasoning.locator('div').first().isVisible(), false, 'it is folded')
  await chat.page.getByText('Reasoning', { exact: true }).click()
  t.equal(await reasoning.locator('div').first().isVisible(), true)
  t.equal(await reasoning.locator('b').count(), 0, 'it is text alone')
  write(delta({ content: 'Let me see.' }))
  await chat.shows('Let me see.')
  write(delta(call(0, '1', 'weather', '{"city":')))
  write(delta(call(1, '2', 'time', '{}')))
  write(delta(call(0, undefined, undefined, '"<i>Bonn"}')))
  finish('tool_calls')
  await chat.isDone()
  const shown = ['weather({"city":"<i>Bonn"})', 'time({})']
  t.same(await calls.allTextContents(), shown)
  t.match(await chat.words(), /asks for the result of a tool/)
  await chat.page.reload()
  t.same(await calls.allTextContents(), shown)
  t.equal(await reasoning.locator('div').first().textContent(), 'I need <b>the weather</b>.')
  t.equal(await chat.text(), 'Let me see.')
})

t.test('reasoning in blocks is laid out and selected like text in one block', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('paragraphs')
  const { start, write, finish } = bound(await provider.next())
  start()
  const text = Array.from({ length: 60 }, (_, i) => `${'word '.repeat(30 + i)}\n${i % 3 === 0 ? '\n' : ''}`).join('')
  for (const token of text.match(/[\s\S]{1,50}/g) ?? []) write(delta({ reasoning_content: token }))
  finish('stop')
  await chat.isDone()
  await chat.page.getByText('Reasoning', { exact: true }).click()
  t.equal(await chat.page.locator('.reasoning > div').textContent(), text)
  t.ok((await chat.page.locator('.reasoning > div > div').count()) > 5)
  const heights = await chat.evaluate<number[]>(`(() => {
    const text = document.querySelector('.reasoning > div')
    const whole = text.cloneNode()
    whole.append(document.createElement('div'))
    whole.firstChild.textContent = text.textContent
    text.after(whole)
    const heights = [text.offsetHeight, whole.offsetHeight]
    whole.remove()
    return heights
  })()`)
  t.equal(heights[0], heights[1])
  const selected = await chat.evaluate<string>(
    "getSelection().selectAllChildren(document.querySelector('.reasoning > div')), getSelection().toString()"
  )
  t.equal(selected.trim(), text.trim())
})

/** The methods of a call, which the test uses without it. */
function bound(call: Awaited<ReturnType<typeof provider.next>>) {
  return {
    start: () => call.start(),
    write: (bytes: string) => call.write(bytes),
    finish: (reason: string) => call.finish(reason)
  }
}
