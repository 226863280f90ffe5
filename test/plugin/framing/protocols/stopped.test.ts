import { Type } from '@sinclair/typebox'
import { EventSource } from 'eventsource'
import t, { type Test } from 'tap'
import { openStream } from '../../../../client/index.js'
import {
  eventStream,
  type Protocol,
  type ProtocolName,
  StreamAbort,
  type StreamOptions,
  type StreamSummary
} from '../../../../plugin/index.js'
import { chatCompletion } from '../../../../plugin/toolkit.js'
import { type Client, fetchAll, type OpenOptions, open } from '../../../helpers/client.js'
import { FaultyStore } from '../../../helpers/faulty-store.js'
import { recordingFetch } from '../../../helpers/recording-fetch.js'
import { type Served, serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'
import { clients, type ProtocolClient } from './clients.js'

interface StopServer extends Served {
  summaries: StreamSummary[]
  /** Stops the only stream. */
  stop(): unknown
  started(): boolean
}

interface StopOptions {
  protocol?: ProtocolName | Protocol | undefined
  items?: readonly unknown[]
  stream?: StreamOptions<unknown>
  resumable?: boolean
  store?: FaultyStore
  http2?: boolean
  response?: object
}

/** Serves at every path a source that yields its items and waits. `GET /streams/:id` resumes it. */
async function stopServer(t: Test, options: StopOptions = {}): Promise<StopServer> {
  const { protocol, items = [], stream = {}, resumable = false, store, http2 = false, response } = options
  const controller = new AbortController()
  const summaries: StreamSummary[] = []
  const onClose = (summary: StreamSummary) => summaries.push(summary)
  let hasStarted = false
  let id: string | undefined
  const served = await serve(
    t,
    app => {
      app.route({
        method: ['GET', 'POST'],
        url: '/*',
        schema: response === undefined ? {} : { response: { 200: response } },
        handler: (_request, reply) => {
          const { signal } = controller
          reply.sseFrom(
            async function* (context): AsyncGenerator<never> {
              hasStarted = true
              id = reply.getHeader('x-stream-id') as string
              yield* items as never[]
              await new Promise(resolve => context.signal.addEventListener('abort', resolve))
            },
            { ...stream, protocol, resumable, onClose, ...(!resumable && { signal }) } as { map?: undefined }
          )
          return reply
        }
      })
      app.get<{ Params: { id: string } }>('/streams/:id', ({ params }, reply) =>
        reply.sseResume(params.id, { protocol, onClose })
      )
    },
    { http2, plugin: { store } }
  )
  const stop = () =>
    resumable ? served.app.sseStreams.stop(id as string) : controller.abort(new StreamAbort('stopped'))
  return { ...served, summaries, stop, started: () => hasStarted }
}

/** A client reads an answer that is stopped midway. @returns its texts, its error, and what was sent */
async function readStopped(server: StopServer, client: ProtocolClient, path = '') {
  const { fetch, text } = recordingFetch()
  const texts: string[] = []
  const had = until('the token', () => texts.length)
  const leaving = new AbortController()
  const read = async () => {
    for await (const text of client.read(server.url + path, fetch, leaving.signal)) texts.push(text)
  }
  const over = read()
  await had
  await server.stop()
  await over
  return { texts, wire: text() }
}

for (const [name, client] of Object.entries(clients)) {
  if (client.protocol === 'events') continue
  for (const resumable of [false, true]) {
    t.test(`${name} ends without an error${resumable ? ', of a resumable stream' : ''}`, async t => {
      const items = [...client.opening, client.token('half of')]
      const server = await stopServer(t, { protocol: client.protocol, items, resumable })
      const { texts, wire } = await readStopped(server, client)
      t.same(texts, ['half of'])
      t.notMatch(wire, /"error":\{|"type":"error"|end_turn|"stop"|"completed"/)
      await until('the response is over', () => server.summaries.length)
      t.match(server.summaries, [{ outcome: 'stopped', statusCode: 200, error: undefined }])
      t.same(
        server.log.filter(({ msg }) => msg === 'stream stopped').map(({ level, outcome }) => [level, outcome]),
        [[30, 'stopped']]
      )
      t.same(
        server.log.filter(({ err }) => err),
        []
      )
    })
  }

  t.test(`${name} reads it later, and from another node, as those did who were there`, async t => {
    const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
    const items = [...client.opening, client.token('half of')]
    const options = { protocol: client.protocol, resumable: true }
    const producing = await stopServer(t, { ...options, items, store: one })
    const following = await stopServer(t, { ...options, store: other })
    const first = open(producing.url)
    await first.has('half of')
    const id = first.headers['x-stream-id']
    const second = open(`${following.url}/streams/${id}`)
    await second.has('half of')
    t.equal(await following.app.sseStreams.stop(String(id)), true)
    await Promise.all([first.end(), second.end()])
    const late = await Promise.all([producing, following].map(({ url }) => fetchAll(`${url}/streams/${id}`)))
    for (const other of [second, ...late]) {
      t.equal(other.text(), first.text())
      t.equal(other.ended, 'clean')
    }
    await until('all responses are over', () => producing.summaries.length === 2 && following.summaries.length === 2)
    t.same(
      [...producing.summaries, ...following.summaries].map(({ outcome }) => outcome),
      ['stopped', 'stopped', 'stopped', 'stopped']
    )
  })
}

const ends: Record<string, { protocol: ProtocolName; items: readonly unknown[]; end: RegExp }> = {
  'openai, chat completions': {
    protocol: 'openai',
    items: [
      {
        id: 'c',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices: [{ index: 1, delta: {} }],
        usage: null
      }
    ],
    end: new RegExp(
      '\n\ndata: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",' +
        '"choices":\\[{"index":1,"delta":{},"finish_reason":"abort"}]}\n\ndata: \\[DONE]\n\n$'
    )
  },
  'openai, chat completions without an index': {
    protocol: 'openai',
    items: [{ id: 'c', choices: [{ delta: {} }] }],
    end: /"choices":\[{"index":0,"delta":{},"finish_reason":"abort"}]}\n\ndata: \[DONE]\n\n$/
  },
  'openai, chat completions that have finished': {
    protocol: 'openai',
    items: [{ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] }, { choices: [], usage: {} }],
    end: /"usage":{}}\n\ndata: \[DONE]\n\n$/
  },
  'openai, chat completions whose last chunk has no choices': {
    protocol: 'openai',
    items: [{ id: 'c', choices: [] }],
    end: /data: {"id":"c","choices":\[{"index":0,"delta":{},"finish_reason":"abort"}]}\n\ndata: \[DONE]\n\n$/
  },
  'openai, Responses': {
    protocol: 'openai',
    items: [
      { type: 'response.created', sequence_number: 0, response: { id: 'r', status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', status: 'in_progress' } },
      { type: 'response.output_item.done', output_index: 0, item: { type: 'reasoning', status: 'completed' } },
      { type: 'response.output_item.added', output_index: 1, item: { type: 'message', status: 'in_progress' } },
      { type: 'response.output_text.delta', output_index: 1, delta: 'a' },
      { type: 'response.content_part.done', output_index: 1, part: { type: 'output_text', text: 'a' } },
      { type: 'response.output_text.delta', output_index: 1, delta: 'b' },
      { type: 'response.output_text.delta', sequence_number: 7, output_index: 1, delta: 'c' },
      { type: 'response.output_item.added', output_index: 2, item: { type: 'function_call', status: 'in_progress' } }
    ],
    end: new RegExp(
      '\n\nevent: response.incomplete\ndata: {"type":"response.incomplete","sequence_number":8,' +
        '"response":{"id":"r","status":"cancelled","output":\\[{"type":"reasoning","status":"completed"},' +
        '{"type":"message","status":"incomplete","content":\\[]},' +
        '{"type":"function_call","status":"incomplete"}]}}\n\n$'
    )
  },
  'openai, Responses with text': {
    protocol: 'openai',
    items: [
      { type: 'response.output_item.added', output_index: 0, item: { type: 'message', status: 'in_progress' } },
      { type: 'response.content_part.done', part: { type: 'output_text', text: 'a' } },
      { type: 'response.output_text.delta', delta: 'b' },
      { type: 'response.output_text.delta', delta: 'c' }
    ],
    end: new RegExp(
      '"response":{"status":"cancelled","output":\\[{"type":"message","status":"incomplete","content":' +
        '\\[{"type":"output_text","text":"a"},{"type":"output_text","text":"bc","annotations":\\[]}]}]}}\n\n$'
    )
  },
  'openai, Responses that have ended': {
    protocol: 'openai',
    items: [{ type: 'response.completed', response: {} }],
    end: /^event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n$/
  },
  anthropic: {
    protocol: 'anthropic',
    items: [
      { type: 'message_start', message: { usage: { output_tokens: 1 } } },
      { type: 'content_block_start', index: 0 },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1 },
      { type: 'message_delta', usage: { output_tokens: 7 } }
    ],
    end: new RegExp(
      '\n\nevent: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n' +
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null},' +
        '"usage":{"output_tokens":7}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n$'
    )
  },
  'anthropic, without usage': {
    protocol: 'anthropic',
    items: [{ type: 'message_start' }, { type: 'message_delta', delta: {} }],
    end: /"usage":{"output_tokens":0}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n$/
  },
  'anthropic, when the message has ended': {
    protocol: 'anthropic',
    items: [{ type: 'message_start' }, { type: 'message_stop' }],
    end: /"message_start"}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n$/
  },
  'ai-sdk': {
    protocol: 'ai-sdk',
    items: [{ type: 'start' }],
    end: /^data: {"type":"start"}\n\ndata: {"type":"abort"}\n\ndata: \[DONE]\n\n$/
  },
  'ag-ui': {
    protocol: 'ag-ui',
    items: [
      { type: 'RUN_STARTED', threadId: 't', runId: 'r' },
      { type: 'STEP_STARTED', stepName: 'a', subagentRunId: 's' },
      { type: 'SUBAGENT_STARTED', subagentRunId: 'x', name: 'a' },
      { type: 'SUBAGENT_ERROR', subagentRunId: 'x', message: 'no' },
      { type: 'TOOL_CALL_START', toolCallId: '1', toolCallName: 'a' },
      { type: 'TOOL_CALL_START', toolCallId: '2', toolCallName: 'b' },
      { type: 'TOOL_CALL_END', toolCallId: '2' },
      { type: 'THINKING_END' },
      { type: 'TEXT_MESSAGE_START', messageId: 'm' }
    ],
    end: new RegExp(
      '\n\ndata: {"type":"TEXT_MESSAGE_END","messageId":"m"}\n\ndata: {"type":"TOOL_CALL_END","toolCallId":"1"}\n\n' +
        'data: {"type":"STEP_FINISHED","stepName":"a","subagentRunId":"s"}\n\n' +
        'data: {"type":"RUN_FINISHED","threadId":"t","runId":"r","outcome":{"type":"cancelled"}}\n\n$'
    )
  },
  'ag-ui, when the run has ended': {
    protocol: 'ag-ui',
    items: [{ type: 'RUN_STARTED' }, { type: 'RUN_ERROR', message: 'no' }],
    end: /^data: {"type":"RUN_STARTED"}\n\ndata: {"type":"RUN_ERROR","message":"no"}\n\n$/
  },
  events: {
    protocol: 'events',
    items: ['a'],
    end: /^data: a\n\nevent: stopped\nid: fastify-sse-from:end\ndata: {}\n\n$/
  }
}

for (const [name, { protocol, items, end }] of Object.entries(ends)) {
  t.test(`the end of what was stopped: ${name}`, async t => {
    const server = await stopServer(t, { protocol, items })
    const client = open(server.url)
    await until('all items were sent', () => client.events().length === items.length)
    server.stop()
    await client.end()
    t.match(client.text(), end)
  })
}

const nothing: Record<ProtocolName, RegExp> = {
  events: /^event: stopped\ndata: {}\n\n$/,
  openai: /^data: \[DONE]\n\n$/,
  anthropic: /^$/,
  'ai-sdk': /^data: {"type":"abort"}\n\ndata: \[DONE]\n\n$/,
  'ag-ui': /^$/
}

for (const [protocol, text] of Object.entries(nothing) as [ProtocolName, RegExp][]) {
  for (const resumable of [false, true]) {
    t.test(`${protocol}: stopped before the first event${resumable ? ', of a resumable stream' : ''}`, async t => {
      const server = await stopServer(t, { protocol, resumable, stream: { commitAfter: 60_000 } })
      const client = open(server.url)
      await until('the source has started', server.started)
      await server.stop()
      await client.end()
      t.equal(client.status, 200)
      t.equal(client.ended, 'clean')
      t.match(
        client
          .text()
          .replace(/^id: .+:end\n/, '')
          .replace(/^id: .+\n/m, ''),
        text
      )
    })
  }
}

t.test('a protocol of your own may say how it ends; otherwise it is an error', async t => {
  const own: Protocol = {
    start: () => ({
      item: data => ({ data }),
      end: () => undefined,
      error: ({ code }) => ({ data: { failed: code } })
    })
  }
  const ask = async (protocol: Protocol) => {
    const server = await stopServer(t, { protocol, items: ['a'] })
    const client = open(server.url)
    await client.has('data: a')
    server.stop()
    await client.end()
    return client.text()
  }
  t.equal(await ask(own), 'data: a\n\ndata: {"failed":"FST_SSE_STREAM_STOPPED"}\n\n')
  const stopping = (stopped: () => never) => ({ start: () => ({ ...own.start(), stopped }) })
  t.equal(await ask(stopping((() => undefined) as never)), 'data: a\n\n')
  t.equal(await ask(stopping((() => ({ data: 'halt' })) as never)), 'data: a\n\ndata: halt\n\n')
  const failing = await ask(
    stopping(() => {
      throw new Error('no')
    })
  )
  t.equal(failing, 'data: a\n\ndata: {"failed":"FST_SSE_STREAM_STOPPED"}\n\n')
})

t.test('a chat completion made of tokens', async t => {
  const head = { id: 'c', created: 1, model: 'm' }
  const protocol = chatCompletion({ head, includeUsage: false })
  const server = await stopServer(t, { protocol, items: ['a'] })
  const client = open(server.url)
  await client.has('"a"')
  server.stop()
  await client.end()
  t.match(client.text(), /"delta":{},"logprobs":null,"finish_reason":"abort"}]}\n\ndata: \[DONE]\n\n$/)
})

const transports: Record<string, OpenOptions> = { 'HTTP/1.1': {}, 'HTTP/2': { http2: true, body: {} } }
for (const [transport, request] of Object.entries(transports)) {
  t.test(`the response ends regularly over ${transport}`, async t => {
    const server = await stopServer(t, { items: ['a'], http2: request.http2 === true })
    const client = open(server.url, request)
    await client.has('data: a')
    server.stop()
    await client.end()
    t.equal(client.ended, 'clean')
    t.match(client.events().at(-1), { event: 'stopped', data: '{}' })
  })
}

t.test('EventSource is told, and does not ask for the answer again', async t => {
  for (const resumable of [false, true]) {
    const server = await stopServer(t, { items: ['a'], resumable, stream: { retry: 1 } })
    const source = new EventSource(server.url)
    t.teardown(() => source.close())
    const told = new Promise(resolve => source.addEventListener('stopped', resolve))
    await new Promise(resolve => source.addEventListener('message', resolve))
    await server.stop()
    await told
    await until('it gives up', () => source.readyState === EventSource.CLOSED)
    t.same(
      server.summaries.map(({ outcome, statusCode }) => [outcome, statusCode]),
      [
        ['stopped', 200],
        ['skipped', 204]
      ]
    )
  }
})

t.test('the typed client ends without an error, and tells that it was stopped', async t => {
  const schema = eventStream({ message: Type.String() })
  for (const response of [undefined, schema]) {
    const server = await stopServer(t, { items: ['a'], resumable: true, ...(response && { response }) })
    const options = { ...(response && { validate: response as never }) }
    const stream = openStream(server.url, options)
    const seen: unknown[] = []
    for await (const { event, data } of stream) {
      seen.push([event, data])
      if (event === 'message') await server.stop()
    }
    t.same(seen, [
      ['message', 'a'],
      ['stopped', {}]
    ])
    t.match(stream, { stopped: true, complete: false, reconnects: 0 })
    t.equal(await stream.stop(), true, 'it has ended already')
    const again = openStream(server.url, {
      ...options,
      resume: stream.id as string,
      streamUrl: id => `${server.url}/streams/${id}`
    })
    await t.rejects(again.text(), { name: 'AbortError', message: 'the stream was stopped' })
    t.equal(again.stopped, true)
    const complete = openStream(server.url, { lastEventId: stream.lastEventId as string })
    for await (const _ of complete) t.fail('it has everything')
    t.equal(complete.stopped, false, 'a 204 does not say how it ended')
  }
})

t.test('the stop of a route whose own events have another "stopped" is an error', async t => {
  const response = eventStream({
    message: Type.String(),
    stopped: Type.Object({ by: Type.String() })
  })
  const server = await stopServer(t, { items: ['a'], response })
  const client = open(server.url)
  await client.has('data: a')
  server.stop()
  await client.end()
  t.match(client.events().at(-1), { event: 'error', data: /FST_SSE_STREAM_STOPPED/ })
})

t.test('a stop while a hook holds the response', async t => {
  const controller = new AbortController()
  let go = () => {}
  const summaries: StreamSummary[] = []
  const { url, log } = await serve(t, app => {
    app.addHook('onSend', () => new Promise<void>(resolve => (go = resolve)))
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        () => {
          t.fail('the source was started')
          return []
        },
        { signal: controller.signal, onClose: summary => summaries.push(summary) }
      )
    )
  })
  const client: Client = open(url)
  await until('the request is there', () => log.some(({ msg }) => msg === 'incoming request'))
  await until('the hook runs', () => go.name !== 'go')
  controller.abort(new StreamAbort('stopped'))
  go()
  await client.end()
  t.equal(client.status, 200)
  t.match(client.events(), [{ event: 'stopped' }])
  await until('the response is over', () => summaries.length)
  t.match(summaries, [{ outcome: 'stopped', events: 0 }])
})

t.test('a signal that is aborted already stops the stream, and its source does not start', async t => {
  for (const resumable of [false, true]) {
    const signal = AbortSignal.abort(new StreamAbort('stopped'))
    const { url } = await serve(t, app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          () => {
            t.fail('the source was started')
            return []
          },
          { signal, resumable }
        )
      )
    })
    const client = await fetchAll(url)
    t.equal(client.status, 200)
    t.match(client.events(), [{ event: 'stopped' }])
  }
})

t.test('the signal of sseResume stops a response, but not the stream', async t => {
  const store = FaultyStore.nodes(1)[0] as FaultyStore
  const server = await stopServer(t, { items: ['a'], resumable: true, store })
  const controller = new AbortController()
  const { url } = await serve(
    t,
    app => {
      app.get<{ Params: { id: string } }>('/:id', ({ params }, reply) =>
        reply.sseResume(params.id, { signal: controller.signal })
      )
    },
    { plugin: { store: new FaultyStore(store.shared) } }
  )
  const first = open(server.url)
  await first.has('data: a')
  const second = open(`${url}/${first.headers['x-stream-id']}`)
  await second.has('data: a')
  controller.abort(new StreamAbort('stopped'))
  await second.end()
  t.match(second.events().at(-1), { event: 'stopped', id: 'fastify-sse-from:end' })
  t.equal(first.ended, undefined)
  await server.stop()
})

t.test('a stop comes once', async t => {
  const server = await stopServer(t, { items: ['a'], resumable: true })
  const client = open(server.url)
  await client.has('data: a')
  await Promise.all([server.stop(), server.stop()])
  await server.stop()
  await client.end()
  t.equal(client.events().filter(({ event }) => event === 'stopped').length, 1)
  t.equal(server.log.filter(({ msg }) => msg === 'stream stopped').length, 1)
})
