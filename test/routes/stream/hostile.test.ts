import { connect } from 'node:net'
import t from 'tap'
import { streamRoutes, textGenerate } from '../../../routes/index.js'
import { Random, seed } from '../../helpers/random.js'
import { serve } from '../../helpers/server.js'

const COUNT = 10_000
const AT_ONCE = 20

const EVENT_IDS = [
  'fastify-sse-from:end',
  'fastify-sse-from:end, x',
  `${'a'.repeat(22)}:7`,
  'a:1:end',
  'a:0',
  '\u00e9\u0080',
  '9'.repeat(4000)
]

const random = new Random(seed)
const pick = <T>(choices: readonly T[]): T => random.pick(choices)
const int = (from: number, to: number) => from + random.below(to - from + 1)

const junk = () =>
  pick([
    () => '',
    () => String.fromCharCode(...Array.from({ length: int(1, 30) }, () => int(0x20, 0xff))),
    () => 'x'.repeat(int(1, 5000)),
    () => '%00%0d%0a',
    () => '%E0%A4%A',
    () => '../../etc/passwd',
    () => '__proto__',
    () => '👋\u2028\ud83d',
    () => '-1e309',
    () => '<script>alert(1)</script>',
    () => "' or 1=1 --",
    () => '[object Object]'
  ])()

const json = (depth = 0): unknown =>
  pick([
    () => junk(),
    () => null,
    () => int(-5, 5),
    () => true,
    () => (depth > 4 ? [] : Array.from({ length: int(0, 3) }, () => json(depth + 1))),
    () =>
      depth > 4
        ? {}
        : Object.fromEntries(
            Array.from({ length: int(0, 3) }, () => [
              pick(['prompt', 'messages', 'role', 'content', '__proto__', 'constructor', 'toString', junk()]),
              json(depth + 1)
            ])
          ),
    () => ({ prompt: junk() }),
    () => ({ messages: [{ role: pick(['user', 'system', 'bot']), content: json(depth + 1) }] }),
    () => ({ messages: Array.from({ length: int(0, 1200) }, () => ({ role: 'user', content: 'x' })) })
  ])()

const noLineEnds = (text: string) => text.replace(/[\r\n\0]/g, '')

function query(): string {
  const value = pick([
    (text: string) => encodeURIComponent(Buffer.from(text).toString()),
    (text: string) => text.replace(/[\s#]/g, '')
  ])
  const parts = Array.from({ length: int(0, 3) }, () => {
    const name = pick(['prompt', 'prompt', 'prompt', 'prompt[]', 'messages', '__proto__', ''])
    return `${name}${pick(['=', '=', ''])}${value(junk())}`
  })
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function headers(): string[] {
  const all = [
    () => `accept: ${noLineEnds(junk())}`,
    () => `accept: ${pick(['*/*', 'text/event-stream', 'application/json', 'text/html', ';;;,,,', 'a/b;q=x'])}`,
    () => `last-event-id: ${noLineEnds(junk())}`,
    () => `last-event-id: ${pick(EVENT_IDS)}`,
    () => `${pick(['x-junk', 'origin', 'cookie', 'range', 'if-none-match', 'expect-ct'])}: ${noLineEnds(junk())}`,
    () => (random.chance(0.1) ? noLineEnds(junk()) : 'x-fine: 1')
  ]
  return Array.from({ length: int(0, 3) }, () => pick(all)())
}

function request(): Buffer {
  const body = pick([
    () => undefined,
    () => undefined,
    () => JSON.stringify({ prompt: junk() }),
    () => JSON.stringify(json()),
    () => junk(),
    () => `{"prompt":"${junk()}`,
    () => `{"prompt":${'['.repeat(int(1, 3000))}`
  ])()
  const lines = [
    `${pick(['GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE'])} /stream${query()} HTTP/1.1`,
    'host: x',
    'connection: close',
    ...headers()
  ]
  if (body !== undefined) {
    lines.push(`content-type: ${pick([...Array(9).fill('application/json'), 'text/plain', noLineEnds(junk())])}`)
    const length = Buffer.byteLength(body) + pick([0, 0, 0, 0, 0, 0, 0, 0, 1, -1])
    lines.push(`content-length: ${Math.max(0, length)}`)
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')])
}

function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}

t.test(
  `answers ${COUNT} hostile requests with 2xx or 4xx and a message (seed ${seed})`,
  { timeout: 120_000 },
  async t => {
    const { port, log } = await serve(t, app =>
      app.register(streamRoutes, {
        generate: textGenerate(async function* ({ messages }) {
          yield messages.at(-1)?.content ?? ''
          return { finishReason: 'stop' }
        })
      })
    )
    const statuses: Record<string, number> = {}
    const wrong: { request: string; response: string }[] = []
    let left = COUNT
    const worker = async () => {
      while (left-- > 0) {
        const bytes = request()
        const response = await send(port, bytes)
        const status = /^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1] ?? 'none'
        statuses[status] = (statuses[status] ?? 0) + 1
        const isHead = bytes.subarray(0, 4).toString() === 'HEAD'
        const ok = /^2\d\d$/.test(status) || (/^4\d\d$/.test(status) && (isHead || /"message":"[^"]+/.test(response)))
        if (!ok) wrong.push({ request: bytes.toString('latin1').slice(0, 500), response: response.slice(0, 500) })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    t.same(wrong.slice(0, 3), [])
    t.equal(wrong.length, 0)
    for (const status of ['200', '204', '400', '404', '406']) t.ok(statuses[status], `${statuses[status]} of ${status}`)
    t.same(
      log.filter(({ level }) => level >= 40).map(({ msg }) => msg),
      []
    )
    t.comment(statuses)
  }
)
