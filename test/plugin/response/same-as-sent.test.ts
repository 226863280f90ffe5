import { type ClientHttp2Stream, connect as connect2, constants } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import sseFrom from '../../../plugin/index.js'
import { Random } from '../../helpers/random.js'
import { type Case, endsByItself, isLast, makeCase } from '../../helpers/reply-cases.js'
import type { Step } from '../../helpers/reply-steps.js'

/*
 * A stream is written to its response directly if nothing could see it on its way. Nobody may tell: each case is
 * answered on two routes, one of which observes `reply.send()`, and both must have the same bytes, hooks and lines of
 * the log.
 */

const CASES = 150

interface Running {
  readonly trace: unknown[]
  readonly over: Promise<unknown>
}

/** An app that answers each case at `/direct/<index>` and at `/sent/<index>`. */
class Apps {
  readonly app: FastifyInstance
  readonly #running = new Map<string, Running>()

  constructor(cases: readonly Case[], options: object) {
    const write = (line: string) => this.#log(JSON.parse(line))
    const genReqId = ({ url }: { url?: string }) => url as string
    this.app = Fastify({ logger: { level: 'debug', stream: { write } }, genReqId, ...options })
    this.app.register(sseFrom)
    this.app.after(() => this.#setUp(cases))
  }

  /** What the app knows of the request to a path, which has begun. */
  async trace(path: string): Promise<unknown[]> {
    await this.#running.get(path)?.over
    for (let turns = 0; turns < 5; turns++) await turn()
    return this.#traceOf(path)
  }

  #traceOf(path: string): unknown[] {
    return (this.#running.get(path) as Running).trace
  }

  #log({ reqId, level, msg, err, res, outcome }: Record<string, unknown>): void {
    const { type, message, code } = (err ?? {}) as Record<string, unknown>
    this.#running.get(String(reqId))?.trace.push({ level, msg, type, message, code, res, outcome })
  }

  #setUp(cases: readonly Case[]): void {
    const { app } = this
    const note = ({ url }: FastifyRequest, what: unknown) => this.#traceOf(url).push(what)
    app.addHook('onRequest', async (request, { raw }) => {
      this.#running.set(request.url, { trace: [], over: new Promise(resolve => raw.on('close', resolve)) })
      raw.on('error', (error: Error) => note(request, ['error', error.message]))
    })
    app.addHook('onResponse', async (request, reply) => {
      note(request, ['onResponse', reply.statusCode, reply.raw.headersSent, headers(reply)])
    })
    app.addHook('onError', (request, reply, error, done) => {
      note(request, ['onError', error.message, reply.statusCode, headers(reply)])
      done()
    })
    app.addHook('onRequestAbort', async request => note(request, 'onRequestAbort'))
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('none'))
    for (const given of cases) {
      const { index } = given
      const handler = (request: FastifyRequest, reply: FastifyReply) =>
        answer(given, reply, what => note(request, what))
      const route = {
        method: given.method,
        exposeHeadRoute: false,
        handler,
        ...(given.errorHandler && { errorHandler: given.errorHandler })
      }
      app.route({ ...route, url: `/direct/${index}` })
      app.route({ ...route, url: `/sent/${index}`, onRequest: observeSend })
    }
  }
}

/** What observes replies sees their stream, which goes through `reply.send()` then. */
async function observeSend(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { send } = reply
  reply.send = function (this: FastifyReply, ...args: [unknown?]) {
    return send.apply(this, args)
  }
}

function headers(reply: FastifyReply): unknown {
  return [hideDate(JSON.stringify(reply.getHeaders())), hideDate(JSON.stringify(reply.raw.getHeaders()))]
}

function answer(given: Case, reply: FastifyReply, note: (what: unknown) => void): unknown {
  const take = (steps: Step[]) => {
    for (const step of steps) step(reply)
  }
  return given.handler(reply, () => {
    take(given.before)
    const sent = reply.sseFrom(
      async function* ({ signal }) {
        try {
          note('source')
          take(given.inSource)
          yield* given.source(signal)
        } finally {
          note('source ended')
        }
      },
      {
        ...given.streamOptions,
        onClose: ({ outcome, events, bytes, error }) => note(['onClose', outcome, events, bytes, error?.message])
      }
    )
    take(given.after)
    return sent
  })
}

function hideDate(text: string): string {
  return text.replace(/\w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT/g, 'a date')
}

type Ask = (given: Case, path: string) => Promise<string>

async function ask1(port: number, given: Case, path: string): Promise<string> {
  const { method, version } = given
  const socket = connect(port, '127.0.0.1')
  const body = method === 'POST' ? 'content-type: application/json\r\ncontent-length: 2\r\n\r\n{}' : '\r\n'
  socket.write(`${method} ${path} HTTP/${version}\r\nhost: h\r\nconnection: close\r\n${body}`)
  let text = ''
  socket.on('data', chunk => {
    text += chunk
    if (isLast(given, text)) socket.destroy()
  })
  let ended = 'closed'
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended = String(error.code)
  })
  await new Promise(resolve => socket.on('close', resolve))
  return `${hideDate(text)}<${ended}>`
}

async function ask2(url: string, given: Case, path: string): Promise<string> {
  const session = connect2(url)
  session.on('error', () => {})
  const stream: ClientHttp2Stream = session.request({ ':path': path, ':method': given.method })
  let text = ''
  for (const event of ['headers', 'response', 'trailers']) {
    stream.on(event, fields => {
      text += `${event} ${JSON.stringify(fields)}\n`
    })
  }
  stream.on('data', chunk => {
    text += chunk
    if (isLast(given, text)) stream.close(constants.NGHTTP2_CANCEL)
  })
  stream.on('error', () => {})
  stream.end()
  await new Promise(resolve => stream.on('close', resolve))
  session.destroy()
  return `${hideDate(text)}<${stream.rstCode}>`
}

async function askInject(app: FastifyInstance, { method }: Case, url: string): Promise<string> {
  try {
    const { statusCode, headers, payload, trailers } = await app.inject({ method: method as 'GET', url })
    return hideDate(JSON.stringify([statusCode, headers, payload, trailers]))
  } catch (error) {
    return String(error)
  }
}

async function compare(t: Test, apps: Apps, cases: readonly Case[], ask: Ask): Promise<void> {
  for (const given of cases) {
    const seen: unknown[] = []
    for (const way of ['direct', 'sent']) {
      const path = `/${way}/${given.index}`
      const bytes = await ask(given, path)
      const all = [bytes, ...(await apps.trace(path)).map(each => JSON.stringify(each))]
      seen.push(all.map(each => each.replaceAll(path, '/')))
    }
    t.strictSame(seen[0], seen[1], given.name)
  }
}

t.test('over HTTP/1', async t => {
  const random = new Random(1)
  const cases = Array.from({ length: CASES }, (_, index) => makeCase(random, index))
  const apps = new Apps(cases, {})
  t.teardown(() => apps.app.close())
  await apps.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = apps.app.server.address() as AddressInfo
  await compare(t, apps, cases, (given, path) => ask1(port, given, path))
})

t.test('over HTTP/2', async t => {
  const random = new Random(2)
  const cases = Array.from({ length: CASES }, (_, index) => makeCase(random, index))
  const apps = new Apps(cases, { http2: true })
  t.teardown(() => apps.app.close())
  const url = await apps.app.listen({ port: 0, host: '127.0.0.1' })
  await compare(t, apps, cases, (given, path) => ask2(url, given, path))
})

t.test('with inject()', async t => {
  const random = new Random(3)
  const cases = Array.from({ length: CASES }, (_, index) => makeCase(random, index))
  const apps = new Apps(cases, {})
  t.teardown(() => apps.app.close())
  const ended = cases.filter(endsByItself)
  await compare(t, apps, ended, (given, path) => askInject(apps.app, given, path))
})
