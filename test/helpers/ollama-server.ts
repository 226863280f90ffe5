import type { Wire } from './provider-server.js'

const line = (fields: object) => `${JSON.stringify({ model: 'm', created_at: new Date(0).toISOString(), ...fields })}\n`

/** Ollama's `/api/chat` API. */
export const ollamaWire: Wire = {
  type: 'application/x-ndjson',
  start: '',
  token: content => line({ message: { role: 'assistant', content }, done: false }),
  finish: (reason = 'stop') =>
    line({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: reason,
      prompt_eval_count: 3,
      eval_count: 2
    }),
  failure: `${JSON.stringify({ error: 'this is why' })}\n`,
  refusal: () => ({ error: 'this is why' })
}
