import { sse, type Wire } from './provider-server.js'

const event = (type: string, fields: object = {}) => sse({ type, ...fields }, type)
const error = { type: 'error', error: { type: 'some_error', message: 'this is why' }, request_id: 'r' }

/** Anthropic's Messages API. */
export const anthropicWire: Wire = {
  type: 'text/event-stream',
  start:
    event('message_start', {
      message: {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [],
        model: 'm',
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 3, output_tokens: 0 }
      }
    }) +
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
    event('ping'),
  token: text => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  finish: (reason = 'end_turn') =>
    event('content_block_stop', { index: 0 }) +
    event('message_delta', { delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 2 } }) +
    event('message_stop'),
  failure: sse(error, 'error'),
  refusal: () => error
}
