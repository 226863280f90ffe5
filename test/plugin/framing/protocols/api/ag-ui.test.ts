import { type BaseEvent, HttpAgent, verifyEvents } from '@ag-ui/client'
import { from, lastValueFrom, toArray } from 'rxjs'
import t, { type Test } from 'tap'
import { agUi, type StreamFinish } from '../../../../../plugin/index.js'
import { Random, seed } from '../../../../helpers/random.js'
import { serve } from '../../../../helpers/server.js'
import { sourceServer } from '../../../../helpers/source-server.js'
import { until } from '../../../../helpers/until.js'
import { randomAnswer } from '../../../../routes/conversations.js'

const run = { threadId: 't', runId: 'r' }
/** AG-UI has one field for what the provider wants back. */
const SIGNED = 'signature:c2ln'
const usage = { promptTokens: 5, completionTokens: 2, totalTokens: 7, cachedPromptTokens: 1, reasoningTokens: 1 }

/** Thinks, speaks, and calls two tools whose arguments come mixed. */
const everything = async function* () {
  yield { type: 'reasoning', text: 'Let me ' }
  yield { type: 'reasoning', text: 'think.', signature: 'sig' }
  yield { type: 'reasoning', text: '', encrypted: 'secret' }
  yield 'Hel'
  yield { type: 'text', text: 'lo' }
  yield { type: 'tool-call', id: '1', name: 'weather', arguments: '{"city":' }
  yield { type: 'tool-call', id: '2', name: 'time', arguments: '' }
  yield { type: 'tool-call', id: '1', name: 'weather', arguments: '"Bonn"}' }
  yield { type: 'refusal', text: 'No more.' }
  return { finishReason: 'tool_calls', usage }
}

/** Checks the order of events as clients do. */
function verified(events: BaseEvent[]): Promise<BaseEvent[]> {
  return lastValueFrom(from(events).pipe(verifyEvents(), toArray()))
}

async function eventsOf(t: Test, source: unknown): Promise<BaseEvent[]> {
  const { events } = await sourceServer(t)(source, { protocol: agUi(run) })
  t.ok(events.every(({ event }) => event === undefined))
  return events.map(({ data }) => JSON.parse(data))
}

/** Replaces the ids that are drawn by names, in the order in which they come. */
function named(events: BaseEvent[]): unknown[] {
  const names = new Map<string, string>()
  const name = (id: string) => names.get(id) ?? names.set(id, `m${names.size + 1}`).get(id)
  return JSON.parse(JSON.stringify(events).replace(/msg_[0-9a-f-]{36}/g, id => String(name(id))))
}

t.test('makes the events of a run, in an order that clients accept', async t => {
  const events = await eventsOf(t, everything)
  t.same(await verified(events), events)
  t.same(named(events), [
    { type: 'RUN_STARTED', ...run },
    { type: 'REASONING_START', messageId: 'm1' },
    { type: 'REASONING_MESSAGE_START', messageId: 'm1', role: 'reasoning' },
    { type: 'REASONING_MESSAGE_CONTENT', messageId: 'm1', delta: 'Let me ' },
    { type: 'REASONING_MESSAGE_CONTENT', messageId: 'm1', delta: 'think.' },
    { type: 'REASONING_MESSAGE_END', messageId: 'm1' },
    { type: 'REASONING_ENCRYPTED_VALUE', subtype: 'message', entityId: 'm1', encryptedValue: SIGNED },
    { type: 'REASONING_END', messageId: 'm1' },
    { type: 'REASONING_START', messageId: 'm2' },
    { type: 'REASONING_MESSAGE_START', messageId: 'm2', role: 'reasoning' },
    { type: 'REASONING_MESSAGE_END', messageId: 'm2' },
    { type: 'REASONING_ENCRYPTED_VALUE', subtype: 'message', entityId: 'm2', encryptedValue: 'secret' },
    { type: 'REASONING_END', messageId: 'm2' },
    { type: 'TEXT_MESSAGE_START', messageId: 'm3', role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm3', delta: 'Hel' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm3', delta: 'lo' },
    { type: 'TEXT_MESSAGE_END', messageId: 'm3' },
    { type: 'TOOL_CALL_START', toolCallId: '1', toolCallName: 'weather', parentMessageId: 'm3' },
    { type: 'TOOL_CALL_ARGS', toolCallId: '1', delta: '{"city":' },
    { type: 'TOOL_CALL_ARGS', toolCallId: '1', delta: '"Bonn"}' },
    { type: 'TOOL_CALL_END', toolCallId: '1' },
    { type: 'TOOL_CALL_START', toolCallId: '2', toolCallName: 'time', parentMessageId: 'm3' },
    { type: 'TOOL_CALL_ARGS', toolCallId: '2', delta: '{}' },
    { type: 'TOOL_CALL_END', toolCallId: '2' },
    { type: 'TEXT_MESSAGE_START', messageId: 'm4', role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm4', delta: 'No more.' },
    { type: 'TEXT_MESSAGE_END', messageId: 'm4' },
    {
      type: 'RUN_FINISHED',
      ...run,
      outcome: { type: 'success' },
      result: { finishReason: 'tool_calls' },
      usage: [{ inputTokens: 5, outputTokens: 2, totalTokens: 7, cachedInputTokens: 1, reasoningTokens: 1 }]
    }
  ])
})

t.test('the agent of AG-UI reads the messages of a run', async t => {
  const { url } = await serve(t, app => {
    app.post('/', (_request, reply) => reply.sseFrom(everything, { protocol: 'ag-ui' }))
  })
  const agent = new HttpAgent({ url })
  const { result } = await agent.runAgent()
  t.same(result, { finishReason: 'tool_calls' })
  t.match(agent.messages, [
    { role: 'reasoning', content: 'Let me think.', encryptedValue: SIGNED },
    { role: 'reasoning', encryptedValue: 'secret' },
    {
      role: 'assistant',
      content: 'Hello',
      toolCalls: [
        { id: '1', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
        { id: '2', function: { name: 'time', arguments: '{}' } }
      ]
    },
    { role: 'assistant', content: 'No more.' }
  ])
})

t.test(`kind: answers, generated, have an order that clients accept (seed ${seed})`, async t => {
  const random = new Random(seed)
  for (let i = 0; i < 50; i++) {
    const { items, finish } = randomAnswer(random)
    const events = await eventsOf(t, function* () {
      yield* items
      return finish
    })
    t.same(await verified(events), events)
  }
})

t.test('a run that fails or breaks off is a RUN_ERROR, in an order that clients accept', async t => {
  const failing = async function* () {
    yield 'half of'
    throw Object.assign(new Error('not so fast'), { statusCode: 429, code: 'slow_down' })
  }
  const events = await eventsOf(t, failing)
  t.same(await verified(events), events)
  t.match(events.at(-1), { type: 'RUN_ERROR', message: 'not so fast', code: 'slow_down' })
  const { events: early } = await sourceServer(t)([{ type: 'RUN_STARTED', ...run }], { protocol: 'ag-ui' })
  t.match(JSON.parse(early.at(-1)?.data ?? ''), { type: 'RUN_ERROR', code: 'FST_SSE_SOURCE_TRUNCATED' })
})

t.test('onFinish gets the text of a run, from its own events and from parts', async t => {
  const ends: StreamFinish[] = []
  const onFinish = (finish: StreamFinish) => void ends.push(finish)
  const text = (delta: string) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta })
  const events = [{ type: 'RUN_STARTED' }, text('Hel'), text('lo'), { type: 'RUN_FINISHED' }]
  for (const source of [events, everything]) await sourceServer(t)(source, { protocol: 'ag-ui', onFinish })
  await until('both ends', () => ends.length === 2)
  t.same(
    ends.map(({ text }) => text),
    ['Hello', 'HelloNo more.']
  )
})

t.test('a run without anything has a beginning and an end', async t => {
  const events = await eventsOf(t, function* () {
    yield* []
    return { finishReason: 'length' }
  })
  t.same(await verified(events), events)
  t.match(events, [{ type: 'RUN_STARTED' }, { type: 'RUN_FINISHED', result: { finishReason: 'length' } }])
  t.match((await eventsOf(t, ['a'])).at(-1), { type: 'RUN_FINISHED', result: { finishReason: 'stop' } })
})
