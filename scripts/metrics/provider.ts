import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../test/helpers/random.js'

/** A prompt for an answer that is larger than what sockets hold. */
export const LONG = 'a long document'

/** Starts a model behind the API of OpenAI that thinks for a while and then answers token by token. */
export async function startProvider(random: Random): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const isLong = (await text(request)).includes(LONG)
    response.setHeader('content-type', 'text/event-stream')
    // Whoever leaves breaks it off.
    await pipeline(answer(random, isLong), response).catch(() => {})
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close() {
      server.close()
      server.closeAllConnections()
    }
  }
}

async function* answer(random: Random, isLong: boolean): AsyncGenerator<string> {
  const tokens = isLong ? 300 : 40 + random.below(120)
  const content = isLong ? 'long document '.repeat(4096) : ' token'
  await sleep(150 + random.below(random.chance(0.1) ? 2500 : 500))
  for (let i = 0; i < tokens; i++) {
    yield chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
    await sleep(15 + random.below(60))
  }
  yield chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  yield chunk({
    choices: [],
    usage: { prompt_tokens: 12, completion_tokens: tokens, total_tokens: tokens + 12 }
  })
  yield 'data: [DONE]\n\n'
}

function chunk(data: object): string {
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...data })}\n\n`
}
