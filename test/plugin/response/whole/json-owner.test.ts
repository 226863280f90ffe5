import t, { type Test } from 'tap'
import type { PluginOptions, ResumableOptions, StreamSummary } from '../../../../plugin/index.js'
import { fetchAll, open } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

const JSON_ONLY = { accept: 'application/json' }
type Owner = NonNullable<ResumableOptions['owner']>

/** A route whose answer is resumable as events, with an owner. It counts the starts of its source. */
async function owned(t: Test, owner: Owner, plugin: PluginOptions = {}, resumable: object = {}) {
  const state = { starts: 0, returned: 0, summaries: [] as StreamSummary[] }
  const served = await serve(
    t,
    app => {
      const options = {
        json: ({ text }: { text: string }) => ({ text }),
        resumable: { owner, ...resumable },
        onClose: (summary: StreamSummary) => void state.summaries.push(summary)
      }
      app.get('/', (_request, reply) =>
        reply.sseFrom(async function* () {
          state.starts++
          yield 'Hello'
        }, options)
      )
      app.get('/given', (_request, reply) => {
        const given = {
          next: async () => ({ done: false as const, value: 'a' }),
          return: async () => {
            state.returned++
            return { done: true as const, value: undefined }
          },
          [Symbol.asyncIterator]: () => given
        }
        return reply.sseFrom(given, options)
      })
    },
    { plugin }
  )
  return Object.assign(state, served)
}

const noUser = () => Object.assign(new Error('sign in first'), { statusCode: 401 })
const refusals: Record<string, Owner> = {
  'a function that throws': () => {
    throw noUser()
  },
  'a promise that rejects': async () => {
    throw noUser()
  }
}

for (const [way, owner] of Object.entries(refusals)) {
  t.test(`a client that asks for JSON gets no more than one that asks for events: ${way}`, async t => {
    const server = await owned(t, owner)
    for (const accept of ['application/json', 'text/event-stream']) {
      for (const method of ['GET', 'HEAD']) {
        const { status, text } = await fetchAll(server.url, { method, headers: { accept } })
        t.equal(status, 401, `${method} ${accept}`)
        if (method === 'GET') t.match(text(), 'sign in first')
      }
    }
    t.equal(server.starts, 0)
    t.equal((await fetchAll(`${server.url}/given`, { headers: JSON_ONLY })).status, 401)
    await until('a source that was there is cancelled', () => server.returned === 1)
  })
}

for (const [kind, owner] of [
  ['no owner', () => undefined],
  ['a promise of none', async () => undefined]
] as [string, Owner][]) {
  t.test(`${kind} is refused, and allowed where anonymous is set`, async t => {
    const server = await owned(t, owner)
    const { status, text } = await fetchAll(server.url, { headers: JSON_ONLY })
    t.equal(status, 500)
    t.match(JSON.parse(text()), { code: 'FST_SSE_OWNER_INVALID' })
    t.equal(server.starts, 0)
    const open = await owned(t, owner, {}, { anonymous: true })
    t.strictSame(JSON.parse((await fetchAll(open.url, { headers: JSON_ONLY })).text()), { text: 'Hello' })
  })
}

for (const [kind, owner] of [
  ['an owner', () => 'me'],
  ['a promise of one', async () => 'me']
] as [string, Owner][]) {
  t.test(`${kind} gets the answer, and is asked once`, async t => {
    let asked = 0
    const counted: Owner = request => {
      asked++
      return owner(request)
    }
    const server = await owned(t, counted, { maxStreamsPerOwner: 1, resumable: { owner: counted } })
    t.strictSame(JSON.parse((await fetchAll(server.url, { headers: JSON_ONLY })).text()), { text: 'Hello' })
    t.equal(asked, 1)
    await until('the summary', () => server.summaries.length)
    t.match(server.summaries, [{ outcome: 'complete', events: 1 }])
  })
}

t.test('a client that leaves while its owner is looked up starts nothing', async t => {
  let isAsked = false
  const server = await owned(t, () => {
    isAsked = true
    return new Promise<string>(() => {})
  })
  const client = open(`${server.url}/given`, { headers: JSON_ONLY })
  await until('the owner is asked for', () => isAsked)
  client.leave()
  await until('the summary', () => server.summaries.length)
  t.match(server.summaries, [{ outcome: 'aborted', events: 0 }])
  await until('the source is cancelled', () => server.returned === 1)
})

t.test('a server that closes does not wait for an owner that never comes', async t => {
  let isAsked = false
  const owner = () => {
    isAsked = true
    return new Promise<string>(() => {})
  }
  const server = await owned(t, owner, { drainTimeout: 1 })
  const client = open(server.url, { headers: JSON_ONLY })
  await until('the owner is asked for', () => isAsked)
  await server.app.close()
  await client.end()
  t.equal(client.status, 503)
  t.match(JSON.parse(client.text()), { code: 'FST_SSE_CLOSING' })
})
