import t, { type Test } from 'tap'
import type { AgUiRoutesOptions, Generate } from '../../../routes/index.js'
import { openAiSource } from '../../../sources/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { scriptedServer } from '../../helpers/scripted-server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'
import { Agent, api, verified } from './api.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const weather = {
  name: 'weather',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } } }
}

/** Thinks, calls two tools at once, says something beside, and then tells what the tools gave. */
const weatherman: Generate = async function* ({ messages }) {
  const results = messages.flatMap(message => (message.role === 'tool' ? [message.content] : []))
  if (results.length > 0) {
    yield `It is ${results.join(' and ')}.`
    return { finishReason: 'stop', usage }
  }
  yield { type: 'reasoning', text: 'The weather, ' }
  yield { type: 'reasoning', text: 'they ask.', signature: 'sig' }
  yield { type: 'reasoning', text: '', encrypted: 'sealed' }
  yield 'Let me see.'
  yield { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{"city":' }
  yield { type: 'tool-call', id: 'c2', name: 'weather', arguments: '{"city":"Rome"}' }
  yield { type: 'tool-call', id: 'c1', name: 'weather', arguments: '"Bonn"}' }
  yield ' A moment.'
  return { finishReason: 'tool_calls', usage }
}

t.test('an agent thinks, calls the tools of the page, and goes on with what they gave', async t => {
  const { url, asked } = await api(t, weatherman)
  const agent = new Agent(url)
  agent.state = { city: 'Bonn' }
  agent.addMessage({ id: '1', role: 'developer', content: 'Be kind.' })
  agent.addMessage({ id: '2', role: 'user', content: 'Is it dry?' })
  const context = [{ description: 'The user is', value: 'Ada' }]
  const forwardedProps = { model: 'large', temperature: 0.5, theme: 'dark' }
  const run = { tools: [weather], context, forwardedProps, runId: 'run-1' }
  const { result, newMessages } = await agent.runAgent(run)
  t.same(result, { finishReason: 'tool_calls' })
  t.match(agent.events.at(-1), { type: 'RUN_FINISHED', usage: [{ inputTokens: 1, outputTokens: 2 }] })
  t.same(await verified(agent.events), agent.events)
  t.strictSame(asked[0], {
    api: 'ag-ui',
    messages: [
      { role: 'system', content: 'Be kind.' },
      { role: 'system', content: 'Context:\nThe user is: Ada', extra: { context } },
      { role: 'user', content: 'Is it dry?' }
    ],
    tools: [weather],
    model: 'large',
    temperature: 0.5,
    extra: { threadId: 'thread', runId: 'run-1', state: { city: 'Bonn' }, forwardedProps: { theme: 'dark' } }
  })
  const calls = newMessages.flatMap(message => (message.role === 'assistant' ? (message.toolCalls ?? []) : []))
  for (const { id: toolCallId, function: called } of calls) {
    const { city } = JSON.parse(called.arguments)
    agent.addMessage({ id: toolCallId, role: 'tool', toolCallId, content: `sunny in ${city}` })
  }
  await agent.runAgent()
  t.match(agent.messages.at(-1), { role: 'assistant', content: 'It is sunny in Bonn and sunny in Rome.' })
  t.strictSame(asked[1]?.messages.slice(2), [
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'The weather, they ask.', signature: 'sig' },
        { type: 'reasoning', text: '', encrypted: 'sealed' },
        { type: 'text', text: 'Let me see.' },
        { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{"city":"Bonn"}' },
        { type: 'tool-call', id: 'c2', name: 'weather', arguments: '{"city":"Rome"}' },
        { type: 'text', text: ' A moment.' }
      ]
    },
    { role: 'tool', toolCallId: 'c1', content: 'sunny in Bonn' },
    { role: 'tool', toolCallId: 'c2', content: 'sunny in Rome' }
  ])
})

t.test('a run that fails is an error response, or midway a RUN_ERROR', async t => {
  const { url } = await api(t, async function* ({ messages }) {
    if (messages[0]?.content === 'midway') yield 'half of'
    throw Object.assign(new Error('not so fast'), { statusCode: 429, code: 'slow_down' })
  })
  await t.rejects(new Agent(url).say('early'), { message: /429.*not so fast/s })
  const agent = new Agent(url)
  await agent.say('midway')
  t.same(await verified(agent.events), agent.events)
  t.match(agent.events.at(-1), { type: 'RUN_ERROR', message: 'not so fast', code: 'slow_down' })
})

t.test('a run that breaks off, in the source or before its end, is a RUN_ERROR', async t => {
  const chunk = { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'half of' } }] }
  const { url: baseURL } = await scriptedServer(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`data: ${JSON.stringify(chunk)}\n\n`)
  })
  const unfinished: Generate = async function* () {
    yield 'half of'
    return undefined as never
  }
  for (const generate of [openAiSource({ baseURL, model: 'a' }), unfinished]) {
    const { url } = await api(t, generate)
    const agent = new Agent(url)
    await agent.say('hi')
    t.same(await verified(agent.events), agent.events)
    t.equal(agent.text(), 'half of')
    t.match(agent.events.at(-1), { type: 'RUN_ERROR', code: /^FST_SSE_/ })
  }
})

t.test('an agent that is loaded again takes its run up, from its start', async t => {
  const { url, steps, asked } = await steppedRun(t)
  const agent = new Agent(url)
  const lost = agent.say('hi')
  await until('the first word', () => agent.text() === 'one ')
  agent.abortRun()
  await lost
  const again = new Agent(url)
  const resumed = again.connectAgent()
  await until('the first word again', () => again.text() === 'one ')
  steps.go()
  await until('the second word', () => again.text() === 'one two')
  steps.go()
  await resumed
  t.same(await verified(again.events), again.events)
  t.match(again.messages, [{ role: 'assistant', content: 'one two' }])
  t.equal(asked.length, 1, 'the model is asked once')
  const late = new Agent(url)
  await late.connectAgent()
  t.same(late.events, [], 'there is nothing to take up after the end')
})

t.test('a run can be stopped, and ends as one that was', async t => {
  const { url, aborted } = await steppedRun(t)
  const agent = new Agent(url)
  const run = agent.say('hi')
  await until('the first word', () => agent.text() === 'one ')
  t.equal((await agent.stop()).status, 204)
  await run
  t.match(agent.events.at(-1), { type: 'RUN_FINISHED', outcome: { type: 'cancelled' } })
  t.same(await verified(agent.events), agent.events)
  t.equal(aborted(), true)
  t.equal((await agent.stop()).status, 204, 'nothing is left to be stopped')
})

t.test('only its owner can take up or stop a run', async t => {
  const owner: AgUiRoutesOptions['resumable'] = { owner: async ({ headers }) => String(headers['x-user']) }
  const { url, steps, aborted } = await steppedRun(t, { resumable: owner })
  const agent = new Agent(url, 'a/b c', { 'x-user': 'a' })
  const run = agent.say('hi')
  await until('the first word', () => agent.text() === 'one ')
  const other = new Agent(url, 'a/b c', { 'x-user': 'b' })
  await other.connectAgent()
  t.same(other.events, [])
  t.equal((await other.stop()).status, 204)
  t.equal(aborted(), false)
  const follower = open(`${url}/agent/a%2Fb%20c/stream`, { headers: { 'x-user': 'a' } })
  await follower.has('"one "')
  for (const _ of ['two', 'the end']) steps.go()
  await Promise.all([run, follower.end()])
  t.match(follower.text(), /RUN_FINISHED.*\n\n$/)
})

t.test('a client whose run the store has lost has nothing to take up', async t => {
  const activeStreams = { get: async () => 'gone', set: () => {}, delete: () => {} }
  const { url } = await api(t, weatherman, { activeStreams })
  t.equal((await fetchAll(`${url}/agent/thread/stream`)).status, 204)
})

t.test('onFinish is told of each run', async t => {
  const finished: unknown[] = []
  const { post } = await api(t, weatherman, { onFinish: finish => void finished.push(finish) })
  await post({ messages: [{ id: '1', role: 'user', content: 'hi' }] })
  await until('the end', () => finished.length > 0)
  t.match(finished, [{ asked: { api: 'ag-ui' }, text: 'Let me see. A moment.', outcome: 'complete', usage }])
})

t.test('without resumable streams there is nothing but the run', async t => {
  const { url, post } = await api(t, weatherman, { resumable: false })
  const run = await post({ messages: [{ id: '1', role: 'user', content: 'hi' }] })
  t.match(run.text(), 'RUN_FINISHED')
  t.equal(run.headers['x-stream-id'], undefined)
  t.equal((await fetchAll(`${url}/agent/t/stream`)).status, 404)
})

t.test('active streams that lack a method are refused', async t => {
  await t.rejects(api(t, weatherman, { activeStreams: { get: () => undefined } as never }), {
    code: 'FST_SSE_OPTION_INVALID',
    message: /activeStreams/
  })
})

/** An agent whose model says `one `, and after a step `two`. */
async function steppedRun(t: Test, options?: Partial<AgUiRoutesOptions>) {
  const steps = new Steps()
  let signal: AbortSignal | undefined
  const generate: Generate = async function* (_request, context) {
    signal = context.signal
    yield 'one '
    await steps.next()
    yield 'two'
    await steps.next()
    return { finishReason: 'stop' }
  }
  const served = await api(t, generate, options)
  return { ...served, steps, aborted: () => signal?.aborted }
}
