import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { ErrorData } from '../../plugin/index.js'
import { type Client, open } from '../helpers/client.js'
import { type Provider, type ProviderCall, providerServer, type Wire } from '../helpers/provider-server.js'
import { type Served, serve } from '../helpers/server.js'
import { settled, until } from '../helpers/until.js'

export interface Sdk {
  /** What its provider speaks. */
  wire: Wire | ((url: string | undefined) => Wire)
  /** The environment that its file of routes reads where it is loaded. */
  env: (url: string) => Record<string, string>
  /** Loads that file, which nothing has loaded yet. */
  load: () => Promise<{ default: (app: FastifyInstance) => Promise<void> }>
  /** The ways to call it, by the paths of their routes. */
  rows: Record<string, Row>
}

/** One way to call an SDK. What is proven of it is the same for all but for these. */
export interface Row {
  /** The text that the client gets of a token; by default the token. */
  shows?: (token: string) => string
  /** Whether the call can be stopped before the provider has answered at all. Default: `true`. */
  stopsUnanswered?: false
  /** Whether the client is sent something as soon as the provider begins to answer. Default: `false`. */
  beginsBeforeTokens?: true
  /** The code of the error that a client is told of where the answer ends too early. Default: the plugin's. */
  truncated?: string
  /** Whether an error of the provider's has a status also where it comes in the midst of its answer. */
  failsWith?: number
  /** Whether a slow client slows the provider. Default: `true`. */
  hasBackpressure?: boolean
}

const LEAVES = 5
/** More than the buffers of sockets and of web streams hold on the way. */
const FLOOD = 48 * 1024 * 1024
const SIZE = 64 * 1024

/** What no test of an SDK may bring about. */
const upsets: unknown[] = []
process.on('unhandledRejection', reason => upsets.push(reason))
process.on('uncaughtException', error => upsets.push(error))
process.on('warning', warning => upsets.push(warning))

/** A server with the route of an SDK, and the provider that it asks. */
class Scene {
  readonly #path: string
  readonly #row: Row
  readonly #provider: Provider
  readonly #served: Served

  constructor(path: string, row: Row, provider: Provider, served: Served) {
    this.#path = path
    this.#row = row
    this.#provider = provider
    this.#served = served
  }

  get asked(): number {
    return this.#provider.calls.length
  }

  get log() {
    return this.#served.log
  }

  shows(token: string): string {
    return this.#row.shows?.(token) ?? token
  }

  /** The status of a request without a prompt, and of one whose prompt is empty. */
  async refusals(): Promise<unknown[]> {
    const clients = ['', '?prompt='].map(query => open(`${this.#served.url}${this.#path}${query}`))
    await Promise.all(clients.map(client => client.end()))
    return clients.map(({ status }) => status)
  }

  /** A client, and the call that its route makes of the provider. */
  async ask(): Promise<{ client: Client; call: ProviderCall }> {
    const client = open(`${this.#served.url}${this.#path}?prompt=hi`)
    return { client, call: await this.#provider.next() }
  }

  async answerBegins(): Promise<{ client: Client; call: ProviderCall }> {
    const asked = await this.ask()
    asked.call.token('first ')
    await asked.client.has(this.shows('first '))
    return asked
  }
}

/** Proves of each way to call an SDK what users of the plugin count on. */
export async function prove(t: Test, { wire, env, load, rows }: Sdk): Promise<void> {
  const provider = await providerServer(t, wire)
  Object.assign(process.env, env(provider.url))
  const { default: routes } = await load()
  const served = await serve(t, app => app.register(routes))
  for (const [path, row] of Object.entries(rows)) {
    t.test(path, t => proveRow(t, row, new Scene(path, row, provider, served)))
  }
}

async function proveRow(t: Test, row: Row, scene: Scene): Promise<void> {
  const { hasBackpressure = true } = row
  t.test('tokens arrive one by one', async t => {
    const { client, call } = await scene.ask()
    for (const token of ['first ', 'second ', 'third ']) {
      call.token(token)
      await client.has(scene.shows(token))
    }
    call.finish()
    await client.end()
    t.equal(client.status, 200)
    t.equal(client.ended, 'clean')
    t.equal(client.events().at(-1)?.event, 'done')
    t.equal(client.events().filter(({ event }) => event === 'error').length, 0)
  })

  t.test('a request without a prompt is a 400, and the provider is not asked', async t => {
    const { asked } = scene
    t.strictSame(await scene.refusals(), [400, 400])
    t.equal(scene.asked, asked)
  })

  t.test('a client that leaves while the provider is silent stops it', async t => {
    await stops(t, () => scene.answerBegins())
  })

  t.test('a client that leaves while tokens flow stops it', async t => {
    await stops(t, async () => {
      const { client, call } = await scene.answerBegins()
      const timer = setInterval(() => {
        if (call.closed) clearInterval(timer)
        else call.token('next ')
      }, 1)
      await client.has(scene.shows('next '))
      return { client, call }
    })
  })

  t.test('a client that leaves before the first token stops it', async t => {
    await stops(t, async () => {
      const { client, call } = await scene.ask()
      call.start()
      return { client, call }
    })
  })

  t.test('a client that leaves before the provider has answered stops it', async t => {
    const left = () => scene.log.filter(({ msg }) => msg === 'client left').length
    const before = left()
    const { client, call } = await scene.ask()
    client.leave()
    await until('the log says so', () => left() > before)
    if (row.stopsUnanswered === false) call.start()
    await until('the call is closed', () => call.closed)
    t.pass()
  })

  t.test('many that leave at once stop all', async t => {
    const asked: Awaited<ReturnType<typeof scene.ask>>[] = []
    for (let i = 0; i < 20; i++) asked.push(await scene.answerBegins())
    for (const { client } of asked) client.leave()
    await until('all calls are closed', () => asked.every(({ call }) => call.closed))
    t.pass()
  })

  for (const [status, shown] of [
    [401, 502],
    [429, 429]
  ] as const) {
    t.test(`a ${status} of the provider reaches the client at once, as ${shown}`, async t => {
      const before = scene.asked
      const { client, call } = await scene.ask()
      call.refuse(status)
      await client.end()
      t.equal(client.status, shown)
      t.match(client.headers['content-type'], 'application/json')
      t.match(JSON.parse(client.text()), { statusCode: shown })
      t.equal(scene.asked - before, 1, 'it is asked once')
    })
  }

  t.test('an error in the midst of the answer is an error event', async t => {
    const { client, call } = await scene.answerBegins()
    call.fail()
    t.match(await lastError(t, client), { statusCode: row.failsWith ?? 500 })
  })

  t.test('an answer that ends too early ends in an error event', async t => {
    const { client, call } = await scene.answerBegins()
    call.response.end()
    t.equal((await lastError(t, client)).code, row.truncated ?? 'FST_SSE_SOURCE_TRUNCATED')
  })

  t.test('an answer that ends before its first token is an error', async t => {
    const { client, call } = await scene.ask()
    call.start()
    call.response.end()
    if (row.beginsBeforeTokens) {
      await lastError(t, client)
      return
    }
    await client.end()
    t.ok([500, 502].includes(Number(client.status)), `${client.status}`)
    t.match(client.headers['content-type'], 'application/json')
  })

  t.test('an answer that breaks off ends in an error event', async t => {
    const { client, call } = await scene.answerBegins()
    call.response.destroy()
    await lastError(t, client)
  })

  t.test(`a slow client ${hasBackpressure ? 'slows' : 'does not slow'} the provider`, async t => {
    const { client, call } = await scene.answerBegins()
    client.pause()
    const token = 'x'.repeat(SIZE)
    let sent = 0
    const flood = () => {
      while (!call.closed && sent < FLOOD && !call.response.writableNeedDrain) {
        call.token(token)
        sent += SIZE
      }
      if (sent >= FLOOD) call.finish()
    }
    call.response.on('drain', flood)
    flood()
    await settled('the provider is held back, or done', () => sent)
    t.comment(
      `${Math.round(sent / 1024 / 1024)} MiB of ${FLOOD / 1024 / 1024} MiB were sent to a client that did not read`
    )
    t.equal(sent < FLOOD, hasBackpressure)
    client.leave()
    await until('the call is over', () => call.closed)
  })

  t.test('nothing upsets the process', async t => {
    await new Promise(resolve => setImmediate(resolve))
    t.same(upsets, [])
  })
}

/** Has clients leave, and waits until the sockets of their calls are closed. */
async function stops(t: Test, begin: () => Promise<{ client: Client; call: ProviderCall }>): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < LEAVES; i++) {
    const { client, call } = await begin()
    t.notOk(call.closed, 'it runs while the client is there')
    const leftAt = performance.now()
    client.leave()
    await until('the call is closed', () => call.closed)
    times.push(call.closedAt - leftAt)
  }
  times.sort((a, b) => a - b)
  const ms = (time: number | undefined) => `${time?.toFixed(1)} ms`
  t.comment(`closed after ${ms(times[LEAVES >> 1])}, at most ${ms(times.at(-1))}`)
}

async function lastError(t: Test, client: Client): Promise<ErrorData> {
  await client.end()
  t.equal(client.status, 200)
  const events = client.events()
  t.equal(events.filter(({ event }) => event === 'done').length, 0, 'it does not look complete')
  const last = events.at(-1)
  t.equal(last?.event, 'error')
  return JSON.parse(last?.data ?? '{}')
}
