import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A request that the provider has got. */
export interface ProviderCall {
  body: { model: string; messages: unknown[]; stream: boolean; [key: string]: unknown }
  headers: IncomingMessage['headers']
  method: string | undefined
  url: string | undefined
  /** What tells its connection from others. */
  port: number | undefined
  response: ServerResponse
  /** Sends bytes of a stream of events as they are. */
  write(bytes: string | Uint8Array): void
  /** Sends the text of a token. */
  token(text: string): void
  /** Sends the end of the answer as OpenAI does: the reason, the usage, and the mark. */
  finish(reason?: string): void
  /** Whether the client's connection is gone. */
  closed: boolean
}

export interface Provider {
  url: string
  calls: ProviderCall[]
}

/** A local server that speaks the wire format of OpenAI's chat completions. `answer` says how it behaves. */
export async function openAiServer(t: Test, answer: (call: ProviderCall) => unknown): Promise<Provider> {
  const calls: ProviderCall[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const write = (bytes: string | Uint8Array) => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(bytes)
    }
    const send = (data: object) => {
      const chunk = (fields: object) =>
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...fields })}\n\n`
      // The first chunk says who speaks, and is empty.
      const first = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }
      if (!response.headersSent) write(chunk(first))
      write(chunk(data))
    }
    const call: ProviderCall = {
      body: JSON.parse(Buffer.concat(chunks).toString()),
      headers: request.headers,
      method: request.method,
      url: request.url,
      port: request.socket.remotePort,
      response,
      write,
      closed: false,
      token: content => send({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
      finish: (reason = 'stop') => {
        send({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })
        send({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })
        response.end('data: [DONE]\n\n')
      }
    }
    response.on('close', () => {
      call.closed = true
    })
    calls.push(call)
    await answer(call)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, calls }
}
