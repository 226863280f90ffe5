import type { ServerResponse } from 'node:http'
import { sse } from './provider-server.js'

/**
 * Sends the token "Hello" as servers do that are only nearly compatible with OpenAI's chat completions, Azure with its
 * content filter among them: chunks without choices or without a delta, and reasons that are empty until the end.
 *
 * @param isWhole whether the answer comes to its end
 * @param bare whether there is a chunk without `choices`, too, which some SDKs refuse themselves
 */
export function sendOddChunks(response: ServerResponse, isWhole: boolean, bare: boolean): void {
  const send = (fields: object) => response.write(sse({ id: 'c', object: 'chat.completion.chunk', ...fields }))
  const filtered = { content_filter_results: {}, content_filter_offsets: { check_offset: 0 } }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  send({ choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] })
  if (bare) send({})
  send({ choices: [{ index: 0, finish_reason: null, ...filtered }] })
  send({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: '' }] })
  if (isWhole) send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  send({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })
  response.end('data: [DONE]\n\n')
}
