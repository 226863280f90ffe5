import { sse, type Wire } from './provider-server.js'

const chunk = (text: string, fields: object = {}, rest: object = {}) =>
  sse({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...fields }],
    modelVersion: 'm',
    responseId: 'r',
    ...rest
  })
const error = (code: number) => ({ error: { code, message: 'this is why', status: 'SOME_STATUS' } })

/** Gemini's `streamGenerateContent` API with `alt=sse`. */
export const geminiWire: Wire = {
  type: 'text/event-stream',
  start: '',
  token: text => chunk(text),
  finish: (reason = 'STOP') =>
    chunk(
      '',
      { finishReason: reason },
      { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 } }
    ),
  failure: JSON.stringify(error(503)),
  refusal: error
}
