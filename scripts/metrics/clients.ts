import { once } from 'node:events'
import { type IncomingMessage, request as sendRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../test/helpers/random.js'
import { LONG } from './provider.js'

/** What clients do, and how often in a hundred. */
const KINDS = { read: 52, leave: 8, leaveChat: 8, resume: 16, stop: 10, readSlowly: 6 } as const

type Kind = keyof typeof KINDS

/** Lets clients come and go, more and more of them, and then fewer again. @param duration seconds */
export async function runClients(url: string, random: Random, duration: number): Promise<void> {
  const kinds = Object.entries(KINDS).flatMap(([kind, times]) => Array<Kind>(times).fill(kind as Kind))
  const running: Promise<void>[] = []
  const start = performance.now()
  for (let at = 0; at < duration; at = (performance.now() - start) / 1000) {
    running.push(clients[random.pick(kinds)](url, random))
    const perSecond = 1 + 4 * Math.sin((Math.PI * at) / duration)
    await sleep((1000 * (0.5 + random.next())) / perSecond)
  }
  await Promise.all(running)
}

const clients: Record<Kind, (url: string, random: Random) => Promise<void>> = {
  async read(url) {
    for await (const _ of await ask(url, 'a question')) {
    }
  },

  async leave(url, random) {
    await readSome(await ask(url, 'a question'), random)
  },

  async resume(url, random) {
    for (let id: string | undefined, times = 1 + random.below(3); times >= 0; times--) {
      const response = await ask(url, 'a question', id)
      if (times > 0) id = await readSome(response, random)
      else
        for await (const _ of response) {
        }
      await sleep(random.below(1500))
    }
  },

  async stop(url, random) {
    const response = await ask(url, 'a question')
    setTimeout(
      () => void fetch(`${url}/stream/${response.headers['x-stream-id']}`, { method: 'DELETE' }),
      500 + random.below(3000)
    )
    for await (const _ of response) {
    }
  },

  async leaveChat(url, random) {
    const response = await askChat(url, 'a question')
    await sleep(500 + random.below(2000))
    response.destroy()
  },

  async readSlowly(url, random) {
    let bytes = 0
    for await (const chunk of await askChat(url, LONG)) {
      bytes += chunk.length
      if (bytes < 500_000) continue
      bytes = 0
      await sleep(400 + random.below(400))
    }
  }
}

async function ask(url: string, prompt: string, lastEventId?: string): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) }
  const request = sendRequest(`${url}/stream?prompt=${encodeURIComponent(prompt)}`, { headers })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

/** An answer that stops when its client leaves. */
async function askChat(url: string, content: string): Promise<IncomingMessage> {
  const headers = { 'content-type': 'application/json' }
  const request = sendRequest(`${url}/v1/chat/completions`, { method: 'POST', headers })
  request.end(JSON.stringify({ model: 'small', stream: true, messages: [{ role: 'user', content }] }))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

/** Reads some events, and leaves. @returns the last id */
async function readSome(response: IncomingMessage, random: Random): Promise<string | undefined> {
  const limit = 5 + random.below(40)
  let text = ''
  for await (const chunk of response) {
    text += chunk
    if ((text.match(/^id: /gm)?.length ?? 0) >= limit) break
  }
  return [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1]
}
