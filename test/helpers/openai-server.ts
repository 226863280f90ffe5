import type { Test } from 'tap'
import { type Provider, type ProviderCall, providerServer, sse, type Wire } from './provider-server.js'

export type { Provider, ProviderCall } from './provider-server.js'

const chunk = (fields: object) => sse({ id: 'c', object: 'chat.completion.chunk', ...fields })
const choice = (delta: object, reason: string | null = null) =>
  chunk({ choices: [{ index: 0, delta, finish_reason: reason }] })
const error = { message: 'this is why', type: 'some_error', code: 'some_code', param: null }

/** OpenAI's Chat Completions API. */
export const openAiWire: Wire = {
  type: 'text/event-stream',
  // The first chunk has the role and no text.
  start: choice({ role: 'assistant', content: '' }),
  token: content => choice({ content }),
  // The finish reason, the usage, and the end marker.
  finish: (reason = 'stop') =>
    choice({}, reason) +
    chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }) +
    'data: [DONE]\n\n',
  failure: sse({ error }),
  refusal: () => ({ error })
}

const response = (status: string) => ({
  id: 'r',
  object: 'response',
  created_at: 0,
  model: 'm',
  status,
  output: [],
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
})
const responseEvent = (type: string, fields: object) => sse({ type, sequence_number: 0, ...fields }, type)

/** OpenAI's Responses API. */
export const openAiResponsesWire: Wire = {
  type: 'text/event-stream',
  start: responseEvent('response.created', { response: response('in_progress') }),
  token: delta =>
    responseEvent('response.output_text.delta', { item_id: 'i', output_index: 0, content_index: 0, delta }),
  finish: () => responseEvent('response.completed', { response: response('completed') }),
  failure: responseEvent('error', { code: 'some_code', message: 'this is why', param: null }),
  refusal: () => ({ error })
}

/** The API that a URL asks for. */
export function openAiWires(url: string | undefined): Wire {
  return url?.endsWith('/responses') ? openAiResponsesWire : openAiWire
}

/** A local server with OpenAI's Chat Completions API. @param answer called with each request */
export async function openAiServer(t: Test, answer: (call: ProviderCall) => unknown): Promise<Provider> {
  const { url, ...provider } = await providerServer(t, openAiWire, answer)
  return { url: `${url}/v1`, ...provider }
}
