import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { streamRoutes } from '../../../routes/index.js'
import { openAiSource } from '../../../sources/index.js'
import { parseEvents } from '../../helpers/client.js'
import { Random, seed } from '../../helpers/random.js'
import type { LogLine } from '../../helpers/server.js'
import { outcomeOf, replier } from './harness.js'
import { expectationOf, mutate } from './mutations.js'
import { recordings } from './recorded.js'

t.setTimeout(300_000)

const ROUNDS = 10_000
const AT_ONCE = 25

t.test('the answers of providers: each is served whole', async t => {
  const reply = await replier(t)
  for (const { provider, body, text, calls, reason } of recordings) {
    for (const end of [body, body.trimEnd()]) {
      const answer = await reply(end)
      t.same([answer.text, answer.error], [text, undefined], provider)
      const parts = answer.parts.flatMap(part => (typeof part === 'object' && part.type === 'tool-call' ? [part] : []))
      t.same(joined(parts), calls, provider)
      t.equal(answer.finish?.finishReason, reason)
    }
  }
})

t.test('the answers of providers: a cut at any place is an error, or was behind the end', async t => {
  const bodies = new Map(recordings.map(({ body }, index) => [String(index), Buffer.from(body)]))
  const { url } = await bodyServer(t, (question, at) => bodies.get(question)?.subarray(0, at))
  for (const [index, { provider, body, text }] of recordings.entries()) {
    const { length } = Buffer.from(body)
    const cuts = Array.from({ length: 30 }, (_, count) => Math.floor((count * length) / 30))
    const answers = await Promise.all(cuts.map(at => outcomeOf({ baseURL: `${url}?at=${at}`, model: String(index) })))
    for (const answer of answers) {
      t.ok(text.startsWith(answer.text), provider)
      if (answer.error === undefined) t.equal(answer.text, text)
    }
  }
})

/** The calls that pieces are, as `name arguments`. */
function joined(pieces: { id: string; name: string; arguments: string }[]): string[] {
  const calls = new Map<string, string>()
  for (const { id, name, arguments: args } of pieces) calls.set(id, (calls.get(id) ?? `${name} `) + args)
  return [...calls.values()]
}

/** What the route has answered: the text, the calls, the `done` event, or the error. */
interface Served {
  text: string
  calls: string[]
  done: string | undefined
  error: { statusCode: number; code: string } | undefined
}

async function askRoute(app: FastifyInstance, question: string): Promise<Served> {
  const { statusCode, payload } = await app.inject({
    method: 'POST',
    url: '/stream',
    headers: { accept: 'text/event-stream', 'x-request-id': question },
    payload: { prompt: question }
  })
  if (statusCode !== 200) return { text: '', calls: [], done: undefined, error: { ...JSON.parse(payload), statusCode } }
  const events = parseEvents(payload)
  const dataOf = (name: string) => events.find(({ event }) => event === name)?.data
  const error = dataOf('error')
  return {
    text: events
      .filter(({ event }) => event === undefined)
      .map(({ data }) => data)
      .join(''),
    calls: joined(events.filter(({ event }) => event === 'tool-call').map(({ data }) => JSON.parse(data))),
    done: dataOf('done'),
    error: error === undefined ? undefined : JSON.parse(error)
  }
}

/** Answers with the body for the question, or with a part of it where the URL says so. */
async function bodyServer(t: Test, bodyOf: (question: string, at: number) => string | Buffer | undefined) {
  const server = createServer(async (request, response) => {
    let json = ''
    for await (const part of request) json += part
    const { model, messages } = JSON.parse(json)
    const at = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('at'))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(bodyOf(model === 'route' ? messages[0].content : model, at))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

t.test('the answers of providers: 10,000 random changes lose no text in silence', async t => {
  t.comment(`SEED=${seed}`)
  const random = new Random(seed)
  const bodies = new Map<string, string>()
  const { url } = await bodyServer(t, question => bodies.get(question))
  const explained = new Map<string, string>()
  const stream = new Writable({
    write(line, _encoding, callback) {
      const { reqId, err }: LogLine = JSON.parse(String(line))
      if (reqId !== undefined && err !== undefined) explained.set(reqId, err.message)
      callback()
    }
  })
  const app = Fastify({ logger: { level: 'error', stream }, requestIdHeader: 'x-request-id' })
  t.teardown(() => app.close())
  await app.register(streamRoutes, {
    generate: openAiSource({ baseURL: url, model: 'route' }),
    resumable: false
  })
  const counts = { whole: 0, failed: 0 }
  const problems: string[] = []

  async function one(round: number): Promise<void> {
    const { provider, body } = random.pick(recordings)
    const lines = mutate(body, random)
    const question = String(round)
    bodies.set(question, lines.map(({ raw }) => raw).join(random.pick(['\n', '\r\n', '\r'])))
    const { text: expected, pieces, names, loss } = expectationOf(lines)
    const { text, calls, done, error } = await inTime(askRoute(app, question))
    const problem = problemOf()
    if (problem !== undefined) problems.push(`${problem}\n${provider}, round ${round}:\n${bodies.get(question)}`)
    bodies.delete(question)
    counts[error === undefined ? 'whole' : 'failed']++

    function problemOf(): string | undefined {
      if (error !== undefined) {
        const why = explained.get(question) ?? ''
        if (!/^FST_SSE_PROVIDER_(LOST|REFUSED)$/.test(error.code)) return `failed with ${error.code}: ${why}`
        if (!why.startsWith('the model provider ')) return `the log does not explain the error: ${why}`
        return /: .|too early$/.test(why) ? undefined : `the log says nothing of the cause: ${why}`
      }
      if (done === undefined) return 'ended without done and without an error'
      if (loss !== undefined) return `succeeded in spite of ${loss}`
      const lost = pieces.find(piece => !calls.some(call => call.includes(piece)))
      if (lost !== undefined) return `has lost ${lost} of the calls ${calls}`
      const unnamed = names.find(name => !calls.some(call => call.startsWith(`${name} `)))
      if (unnamed !== undefined) return `has lost the call of ${unnamed}`
      const broken = calls.find(call => !isWhole(call))
      if (broken !== undefined && !/"(length|content_filter)"/.test(done)) return `has the call ${broken}`
      return text === expected ? undefined : `has the text ${JSON.stringify(text)}, not ${JSON.stringify(expected)}`
    }
  }

  let round = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (round < ROUNDS && problems.length < 5) await one(round++)
    })
  )
  t.same(problems, [])
  t.comment(counts)
  t.ok(counts.whole > ROUNDS / 4, 'many are still answers')
  t.ok(counts.failed > ROUNDS / 20, 'many are not')
})

function isWhole(call: string): boolean {
  try {
    JSON.parse(call.slice(call.indexOf(' ')).trim() || '{}')
    return true
  } catch {
    return false
  }
}

/** Whatever takes longer hangs. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), 20_000)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
