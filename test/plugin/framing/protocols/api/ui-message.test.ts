import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import t from 'tap'
import { uiMessages } from '../../../../../plugin/framing/protocols/api/ui-message.js'
import type { AnswerPart, Finish } from '../../../../../plugin/toolkit.js'
import { sourceServer } from '../../../../helpers/source-server.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }

/** The chunks of an answer, and the message that the AI SDK makes of them. */
async function chunksOf(parts: AnswerPart[], finish: Finish, messageId?: string) {
  const source = function* () {
    yield* parts
    return finish
  }
  const { events, headers } = await sourceServer(t)(source, { protocol: uiMessages({ messageId }) })
  t.equal(headers['x-vercel-ai-ui-message-stream'], 'v1')
  t.equal(events.at(-1)?.data, '[DONE]')
  const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data) as UIMessageChunk)
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    }
  })
  let message: UIMessage | undefined
  for await (const next of readUIMessageStream({ stream, terminateOnError: true })) message = next
  return { chunks, message }
}

t.test('makes the chunks of a message, which the AI SDK reads', async t => {
  const { chunks, message } = await chunksOf(
    [
      { type: 'reasoning', text: 'Let me ' },
      { type: 'reasoning', text: 'think.', signature: 'sig' },
      { type: 'reasoning', text: '', encrypted: 'secret' },
      'Hel',
      'lo',
      { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{"city":' },
      { type: 'tool-call', id: 'c2', name: 'time', arguments: '' },
      { type: 'tool-call', id: 'c1', name: 'weather', arguments: '"Bonn"}' }
    ],
    { finishReason: 'stop', usage },
    'm1'
  )
  const metadata = (fields: object) => ({ providerMetadata: { 'fastify-sse-from': fields } })
  t.same(chunks, [
    { type: 'start', messageId: 'm1' },
    { type: 'start-step' },
    { type: 'reasoning-start', id: '1' },
    { type: 'reasoning-delta', id: '1', delta: 'Let me ' },
    { type: 'reasoning-delta', id: '1', delta: 'think.' },
    { type: 'reasoning-end', id: '1', ...metadata({ signature: 'sig' }) },
    { type: 'reasoning-start', id: '2' },
    { type: 'reasoning-end', id: '2', ...metadata({ encrypted: 'secret' }) },
    { type: 'text-start', id: '3' },
    { type: 'text-delta', id: '3', delta: 'Hel' },
    { type: 'text-delta', id: '3', delta: 'lo' },
    { type: 'text-end', id: '3' },
    { type: 'tool-input-start', toolCallId: 'c1', toolName: 'weather' },
    { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"city":' },
    { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '"Bonn"}' },
    { type: 'tool-input-available', toolCallId: 'c1', toolName: 'weather', input: { city: 'Bonn' } },
    { type: 'tool-input-start', toolCallId: 'c2', toolName: 'time' },
    { type: 'tool-input-available', toolCallId: 'c2', toolName: 'time', input: {} },
    { type: 'finish-step' },
    { type: 'finish', finishReason: 'tool-calls', messageMetadata: { usage } }
  ])
  t.match(message, {
    id: 'm1',
    metadata: { usage },
    parts: [
      { type: 'step-start' },
      { type: 'reasoning', text: 'Let me think.', ...metadata({ signature: 'sig' }) },
      { type: 'reasoning', text: '', ...metadata({ encrypted: 'secret' }) },
      { type: 'text', text: 'Hello', state: 'done' },
      { type: 'tool-weather', toolCallId: 'c1', state: 'input-available', input: { city: 'Bonn' } },
      { type: 'tool-time', toolCallId: 'c2', state: 'input-available', input: {} }
    ]
  })
})

t.test('a refusal is text, and an answer without parts has an end', async t => {
  const refused = await chunksOf([{ type: 'refusal', text: 'No.' }], { finishReason: 'content_filter' })
  t.match(refused.message?.parts, [{ type: 'step-start' }, { type: 'text', text: 'No.' }])
  t.match(refused.chunks.at(-1), { type: 'finish', finishReason: 'content-filter' })
  const { chunks } = await chunksOf([], { finishReason: 'unknown' })
  t.same(chunks, [
    { type: 'start' },
    { type: 'start-step' },
    { type: 'finish-step' },
    { type: 'finish', finishReason: 'other' }
  ])
})

t.test('an input that is not JSON is an error of the tool', async t => {
  const { message } = await chunksOf([{ type: 'tool-call', id: 'c1', name: 'a', arguments: '{"b"' }], {
    finishReason: 'length'
  })
  t.match(message?.parts[1], { type: 'tool-a', state: 'output-error', errorText: /not JSON/ })
})
