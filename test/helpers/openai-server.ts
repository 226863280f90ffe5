import type { Test } from 'tap'
import { type Provider, type ProviderCall, providerServer, sse, type Wire } from './provider-server.js'

export type { Provider, ProviderCall } from './provider-server.js'

const chunk = (fields: object) => sse({ id: 'c', object: 'chat.completion.chunk', ...fields })
const choice = (delta: object, reason: string | null = null) =>
  chunk({ choices: [{ index: 0, delta, finish_reason: reason }] })
const error = { message: 'this is why', type: 'some_error', code: 'some_code', param: null }

/** OpenAI's chat completions. */
export const openAiWire: Wire = {
  type: 'text/event-stream',
  // The first chunk says who speaks, and is empty.
  start: choice({ role: 'assistant', content: '' }),
  token: content => choice({ content }),
  // The reason, the usage, and the mark.
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

/** OpenAI's Responses. */
export const openAiResponsesWire: Wire = {
  type: 'text/event-stream',
  start: responseEvent('response.created', { response: response('in_progress') }),
  token: delta =>
    responseEvent('response.output_text.delta', { item_id: 'i', output_index: 0, content_index: 0, delta }),
  finish: () => responseEvent('response.completed', { response: response('completed') }),
  failure: responseEvent('error', { code: 'some_code', message: 'this is why', param: null }),
  refusal: () => ({ error })
}

/** The one that a client of OpenAI's asks for. */
export function openAiWires(url: string | undefined): Wire {
  return url?.endsWith('/responses') ? openAiResponsesWire : openAiWire
}

/** A local server that speaks the wire format of OpenAI's chat completions. `answer` says how it behaves. */
export async function openAiServer(t: Test, answer: (call: ProviderCall) => unknown): Promise<Provider> {
  const { url, ...provider } = await providerServer(t, openAiWire, answer)
  return { url: `${url}/v1`, ...provider }
}
