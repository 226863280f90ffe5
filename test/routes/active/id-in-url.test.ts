import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { agUiRoutes, chatRoutes, type Generate } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const generate: Generate = async function* (_request, { signal }) {
  yield { type: 'text', text: 'Hello' }
  await until('it is stopped', () => signal.aborted)
  return { finishReason: 'stop' }
}

interface Routes {
  readonly register: (app: FastifyInstance, resumable?: boolean) => unknown
  readonly path: string
  readonly field: string
  readonly body: (id: string) => object
}

const all: Record<string, Routes> = {
  agUiRoutes: {
    register: (app, resumable = true) => app.register(agUiRoutes, { generate, resumable }),
    path: '/agent',
    field: 'threadId',
    body: threadId => ({ threadId, runId: 'run', messages: [{ id: '1', role: 'user', content: 'hi' }] })
  },
  chatRoutes: {
    register: (app, resumable = true) => app.register(chatRoutes, { generate, resumable }),
    path: '/api/chat',
    field: 'id',
    body: id => ({ id, messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }] })
  }
}

for (const [name, { register, path, field, body }] of Object.entries(all)) {
  t.test(`${name}: whatever id is taken can be followed and stopped`, async t => {
    const { url } = await serve(t, app => register(app))
    const ids = [
      'x'.repeat(100),
      '\u00fc'.repeat(100),
      '\u{1f600}'.repeat(50),
      'a/b',
      'a%2fb',
      '?#;&',
      ' ',
      '...',
      '\u0000'
    ]
    for (const id of ids) {
      const first = open(`${url}${path}`, { body: body(id) })
      await first.has('Hello')
      const one = `${url}${path}/${encodeURIComponent(id)}/stream`
      const second = open(one)
      await second.has('Hello')
      t.equal((await fetchAll(one, { method: 'DELETE' })).status, 204, JSON.stringify(id))
      await Promise.all([first.end(), second.end()])
    }
  })

  t.test(`${name}: an id that no URL takes is refused by name`, async t => {
    const { url } = await serve(t, app => register(app))
    const wrong: [string, RegExp][] = [
      ['x'.repeat(101), /takes up to 100 characters/],
      ['\u{1f600}'.repeat(51), /takes up to 100 characters/],
      ['a\ud83d', /takes whole characters/],
      ['\ude00a', /takes whole characters/],
      ['.', /takes neither \. nor \.\./],
      ['..', /takes neither \. nor \.\./]
    ]
    for (const [id, message] of wrong) {
      const refused = await fetchAll(`${url}${path}`, { body: body(id) })
      t.equal(refused.status, 400)
      t.match(refused.text(), message)
      t.match(refused.text(), field)
      t.match(refused.text(), 'FST_SSE_INPUT_INVALID')
    }
  })

  t.test(`${name}: the longest id is that of the app, and any without resumable streams`, async t => {
    for (const fastify of [{ routerOptions: { maxParamLength: 200 } }, { maxParamLength: 200 }]) {
      const { url } = await serve(t, app => register(app), { fastify })
      const id = 'x'.repeat(200)
      const client = open(`${url}${path}`, { body: body(id) })
      await client.has('Hello')
      t.equal((await fetchAll(`${url}${path}/${id}/stream`, { method: 'DELETE' })).status, 204)
      await client.end()
      t.equal((await fetchAll(`${url}${path}`, { body: body(`${id}x`) })).status, 400)
    }
    const { url } = await serve(t, app => register(app, false))
    const client = open(`${url}${path}`, { body: body('x'.repeat(101)) })
    await client.has('Hello')
    t.equal(client.status, 200)
    client.leave()
  })
}
