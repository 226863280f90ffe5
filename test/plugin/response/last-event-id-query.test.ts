import t, { type Test } from 'tap'
import type { PluginOptions } from '../../../plugin/index.js'
import { streamRoutes } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { Random, seed } from '../../helpers/random.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'

interface Polyfill {
  onmessage: ((event: { data: string; lastEventId: string }) => void) | null
  onerror: ((event: { status?: number }) => void) | null
  addEventListener(name: string, listener: (event: { data: string }) => void): void
  close(): void
}

/** It has no types. */
const {
  default: { EventSourcePolyfill }
}: {
  default: { EventSourcePolyfill: new (url: string, options?: { lastEventIdQueryParameterName?: string }) => Polyfill }
} = await import('event-source-polyfill' as string)

const END = 'fastify-sse-from:end'
const WORDS = ['to', ' be', ' or', ' not']

/** Plain, resumable and ready routes, and how often the source of each has run. */
async function serving(t: Test, plugin: PluginOptions = {}, steps?: Steps) {
  const runs: Record<string, (string | undefined)[]> = { '/plain': [], '/resumable': [], '/stream': [] }
  const statuses: number[] = []
  const source = (path: string) =>
    async function* ({ lastEventId }: { lastEventId?: string | undefined }) {
      runs[path]?.push(lastEventId)
      for (const word of WORDS) {
        await steps?.next()
        yield word
      }
      return { finishReason: 'stop' as const }
    }
  const served = await serve(
    t,
    app => {
      app.addHook('onResponse', async (_request, { statusCode }) => void statuses.push(statusCode))
      app.get('/plain', (_request, reply) => reply.sseFrom(source('/plain')))
      app.get('/resumable', (_request, reply) => reply.sseFrom(source('/resumable'), { resumable: true }))
      app.get<{ Params: { id: string } }>('/resumable/:id', ({ params }, reply) => reply.sseResume(params.id))
      app.register(streamRoutes, { generate: () => source('/stream')({}) })
    },
    { plugin: { retry: 1, ...plugin } }
  )
  return { ...served, runs, statuses }
}

const paths = ['/plain', '/resumable', '/stream?prompt=hi']
const pathOf = (path: string) => path.replace(/\?.*/, '')
const withId = (path: string, id: string, name = 'lastEventId') =>
  `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(id)}`

for (const path of paths) {
  for (const name of ['lastEventId', 'evs_last_event_id']) {
    t.test(`kind: the last event id of a polyfill in the query (${path}, ${name}) runs the source once`, async t => {
      t.capture(console, 'error')
      const { url, runs, statuses } = await serving(t, name === 'lastEventId' ? {} : { lastEventIdParameter: name })
      const source = new EventSourcePolyfill(`${url}${path}`, { lastEventIdQueryParameterName: name })
      t.teardown(() => source.close())
      let text = ''
      source.onmessage = ({ data }) => {
        text += data
      }
      // It takes a response without a body for a lost connection, and asks again until it is closed.
      await until('the polyfill is told that it has all', () => statuses.filter(status => status === 204).length === 2)
      source.close()
      t.equal(text, WORDS.join(''))
      t.equal(runs[pathOf(path)]?.length, 1, 'the source ran once')
    })
  }
}

for (const path of paths.slice(1)) {
  t.test(`kind: the last event id of a polyfill in the query (${path}) continues a broken stream`, async t => {
    t.capture(console, 'error')
    const steps = new Steps()
    const { url, runs, statuses, app } = await serving(t, {}, steps)
    const source = new EventSourcePolyfill(`${url}${path}`)
    t.teardown(() => source.close())
    let text = ''
    source.onmessage = ({ data }) => {
      text += data
    }
    for (const i of WORDS.keys()) {
      steps.go()
      const words = WORDS.slice(0, i + 1).join('')
      await until(`"${words}"`, () => text === words)
      app.server.closeAllConnections()
    }
    await until('the polyfill is told that it has all', () => statuses.includes(204))
    source.close()
    t.equal(text, WORDS.join(''))
    t.equal(runs[pathOf(path)]?.length, 1)
  })
}

t.test('kind: a last event id in the query is taken as that of the header is', async t => {
  const { url } = await serving(t)
  for (const path of paths.slice(1)) {
    const first = await fetchAll(`${url}${path}`)
    const [id = ''] = first.events().map(({ id }) => id)
    const rest = await fetchAll(`${url}${path}`, { headers: { 'last-event-id': id } })
    t.match(rest.text(), /data: {2}be\n\n/)
    t.equal((await fetchAll(`${url}${withId(path, id)}`)).text(), rest.text())
    const { id: end = '' } = first.events().at(-1) ?? {}
    t.equal((await fetchAll(`${url}${withId(path, end)}`)).status, 204)
    const stream = `${url}${pathOf(path)}/${first.headers['x-stream-id']}`
    t.equal((await fetchAll(withId(stream, id))).text(), rest.text(), 'by its id')
    t.equal((await fetchAll(withId(stream, end))).status, 204)
    t.equal((await fetchAll(withId(stream, 'other:1'))).status, 400)
  }
})

t.test('kind: a last event id in the query gives way to the header', async t => {
  const { url, runs } = await serving(t)
  const headers = { 'last-event-id': 'header' }
  t.equal((await fetchAll(`${url}${withId('/plain', END)}`, { headers })).status, 200)
  t.equal((await fetchAll(`${url}${withId('/plain', 'query')}`, { headers: { 'last-event-id': '' } })).status, 200)
  t.equal((await fetchAll(`${url}${withId('/plain', 'query')}`)).status, 200)
  t.equal((await fetchAll(`${url}/plain?lastEventId=a&lastEventId=b`)).status, 200)
  t.equal((await fetchAll(`${url}/plain?lastEventId=`)).status, 200)
  t.equal((await fetchAll(`${url}/plain?lasteventid=a`)).status, 200)
  t.same(runs['/plain'], ['header', 'query', 'query', 'b', undefined, undefined])
})

t.test('kind: a last event id in the query reaches the source as the text that it was', async t => {
  const { url, runs } = await serving(t)
  const ids = ['7', 'é', '日本 😀', 'a,b', '%20', '+ +', '&=?#', "'<script>"]
  for (const id of ids) t.equal((await fetchAll(`${url}${withId('/plain', id)}`)).status, 200)
  t.same(runs['/plain'], ids)
})

t.test('kind: a last event id in the query that cannot be one is 400', async t => {
  const { url, runs } = await serving(t)
  for (const id of ['a\nb', 'a\rb', 'a\0b', '\r\nevent: x']) {
    for (const path of paths) {
      const response = await fetchAll(`${url}${withId(path, id)}`)
      t.equal(response.status, 400, path)
      t.match(JSON.parse(response.text()), { code: 'FST_SSE_ID_INVALID', message: /Last-Event-ID/ })
    }
  }
  for (const id of ['x', 'a:0:end', 'a:1:', ':1', 'a b:1', 'a:99999999999999999', '../a:1', `${'a'.repeat(129)}:1`]) {
    for (const path of paths.slice(1)) t.equal((await fetchAll(`${url}${withId(path, id)}`)).status, 400, id)
  }
  t.same(Object.values(runs).flat(), [], 'no source ran')
})

t.test(`kind: a last event id in the query, generated, is never a 5xx (seed ${seed})`, async t => {
  const random = new Random(seed)
  const { url } = await serving(t)
  const bytes = ['%00', '%0a', '%', '%E0%A4', '%ff', ':', '1', 'a', '-', '_', '+', '%2B', ':end', 'é', '[]', '=', ';']
  for (let i = 0; i < 300; i++) {
    const value = Array.from({ length: random.below(8) }, () => random.pick(bytes)).join('')
    const name = random.pick(['lastEventId', 'lastEventId', 'lastEventId[]', 'lastEventId%00', '__proto__'])
    const path = random.pick(paths)
    const { status } = await fetchAll(
      `${url}${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURI(decode(value))}`
    )
    t.ok([200, 204, 400, 410].includes(status as number), `${path} ${name}=${value} ${status}`)
  }
  function decode(value: string): string {
    return random.chance(0.5) ? value.replaceAll('é', '%C3%A9') : value
  }
})

t.test('kind: a last event id in the query is looked for in the query as it was sent', async t => {
  const { app } = await serve(t, app => {
    const querystring = { type: 'object', properties: { a: { type: 'integer' } }, additionalProperties: false }
    app.get('/', { schema: { querystring } }, (_request, reply) => reply.sseFrom(['a']))
  })
  t.equal((await app.inject(withId('/?a=1', END))).statusCode, 204)
})

t.test('a last event id in the query is not looked for if the option is false', async t => {
  const { url, runs } = await serving(t, { lastEventIdParameter: false })
  t.equal((await fetchAll(`${url}${withId('/plain', END)}`)).status, 200)
  t.same(runs['/plain'], [undefined])
  t.equal((await fetchAll(`${url}${withId('/resumable', 'x')}`)).status, 200)
  const refused = await fetchAll(`${url}${withId('/stream?prompt=hi', END)}`)
  t.equal(refused.status, 400)
  t.match(JSON.parse(refused.text()), { message: 'query/lastEventId is unknown; known are prompt' })
})

t.test('a wrong lastEventIdParameter is refused at registration', async t => {
  for (const lastEventIdParameter of ['', 5, true, null] as never[]) {
    await t.rejects(
      serve(t, () => {}, { plugin: { lastEventIdParameter } }),
      { code: 'FST_SSE_OPTION_INVALID', message: /^option "lastEventIdParameter" takes the name of a query parameter/ }
    )
  }
})
