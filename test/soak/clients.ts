import { openStream } from '../../client/index.js'
import type { Tokens } from '../../routes/index.js'
import type { Random } from '../helpers/random.js'

/** How a client's answer ended. `wrong` is what must never be: a text that is not whole and was not told as broken. */
export type Ending = 'whole' | 'told' | 'left' | 'wrong'

/** The text of an answer of so many tokens. */
function textOf(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i} `).join('')
}

/** Asks once, in a way that chance picks, and says how the answer ended. */
export async function ask(random: Random, urls: () => string, report: (what: string) => void): Promise<Ending> {
  const count = Math.floor(random.next() * 60) + 1
  const pace = Math.floor(random.next() * 40)
  const prompt = `${count} ${pace}`
  const whole = textOf(count)
  const kind = random.pick(['resumable', 'resumable', 'resumable', 'plain', 'json', 'openai', 'stop', 'leave'])
  const got = await text(kind, random, urls, prompt)
  if (got === undefined) return 'told'
  if (kind === 'leave' || kind === 'stop') return whole.startsWith(got) ? 'left' : wrong()
  return got === whole ? 'whole' : wrong()

  function wrong(): Ending {
    report(`${kind} ${prompt}: ${JSON.stringify(got)}`)
    return 'wrong'
  }
}

/** @returns `undefined` if the client was told that its answer is not whole */
async function text(kind: string, random: Random, urls: () => string, prompt: string): Promise<string | undefined> {
  try {
    if (kind === 'json') return (await json(`${urls()}/stream?prompt=${prompt}`)).text
    if (kind === 'openai') return await openAi(urls(), prompt)
    return await stream(kind, random, urls, prompt)
  } catch {
    return undefined
  }
}

async function json(url: string): Promise<{ text: string }> {
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`status ${response.status}`)
  return (await response.json()) as { text: string }
}

async function openAi(url: string, prompt: string): Promise<string> {
  const body = JSON.stringify({ model: 'a', stream: true, messages: [{ role: 'user', content: prompt }] })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`status ${response.status}`)
  const events = (await response.text()).split('\n\n').filter(Boolean)
  if (events.at(-1) !== 'data: [DONE]') throw new Error('cut off')
  const chunks = events.slice(0, -1).map(event => JSON.parse(event.slice('data: '.length)))
  if (chunks.some(({ error }) => error !== undefined)) throw new Error('failed')
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
}

async function stream(kind: string, random: Random, urls: () => string, prompt: string): Promise<string> {
  const at = random.next() * 500
  const path = kind === 'plain' ? '/plain/stream' : '/stream'
  const opened = openStream<typeof Tokens>(`${urls()}${path}`, {
    body: { prompt },
    maxRetries: 20,
    maxRetryDelay: 500,
    // Each reconnect may find another node.
    fetch: (input, init) => fetch(String(input).replace(/^http:\/\/[^/]+/, urls()), init)
  })
  const timer =
    kind === 'stop' || kind === 'leave'
      ? setTimeout(() => void (kind === 'stop' ? opened.stop().catch(() => {}) : opened.close()), at)
      : undefined
  let text = ''
  try {
    for await (const { event, data } of opened) if (event === 'message') text += data
    return text
  } finally {
    clearTimeout(timer)
  }
}
