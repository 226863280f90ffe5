import t, { type Test } from 'tap'
import { findProblemOfMessages, findProblemOfOptions } from '../../routes/contract/check.js'
import type { Generate } from '../../routes/index.js'
import { inputLimits } from '../../routes/limits.js'
import { toCallOptions } from '../../sources/ai-sdk/call-options.js'
import { toChatRequest } from '../../sources/openai/chat-request.js'
import { toSettings } from '../../sources/openai/options.js'
import { Random, seed } from '../helpers/random.js'
import { type Api, appOf, chatCompletions } from './every-api.js'
import { fullBodies } from './full-bodies.js'

const LIMITS = { maxTextLength: 1000, maxMessages: 20 }
const limits = inputLimits(LIMITS, [])
const settings = toSettings({ baseURL: 'http://127.0.0.1:9/v1', model: 'a' })
const model = { specificationVersion: 'v4' as const, provider: 'own', modelId: 'a', doStream: () => t.fail() as never }

/** What routes gave that the contract does not have. */
const wrong: string[] = []

/** Notes if a route gives it what the contract does not have. It asks as the published sources do. */
const strict: Generate = async function* (request) {
  const { api: _, messages, ...options } = request
  const problem = findProblemOfMessages(messages, limits) ?? findProblemOfOptions({ ...options })
  if (problem !== undefined) wrong.push(`${request.api}: ${problem.where} ${problem.what}`)
  JSON.stringify(toChatRequest(request, settings))
  JSON.stringify(toCallOptions(request, model))
  yield 'Hello'
  return { finishReason: 'stop' }
}

const JUNK: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  1e308,
  '',
  'x',
  'text',
  'function',
  'constructor',
  '\ud800',
  '\0',
  '\r\n',
  '👋'.repeat(600),
  'x'.repeat(20_000),
  true,
  false,
  [],
  {},
  [null],
  [[]],
  [{}],
  Array.from({ length: 30 }, () => ({})),
  { type: 'text' },
  { type: null },
  { type: ['text'] },
  { type: '__proto__' },
  { role: 'user' },
  { role: 'toString', content: 'a' },
  { toJSON: 1 },
  { toString: 1, valueOf: null },
  { length: 3 },
  { url: [] },
  { name: {} }
]
const NAMES = ['type', 'role', 'content', 'constructor', 'hasOwnProperty', 'then', 'toJSON', 'id', 'name', 'text', 'ü']

type Node = Record<string | number, unknown>

/** The objects and lists within a value, each with its names. */
function* places(value: unknown): Generator<[Node, string | number]> {
  if (typeof value !== 'object' || value === null) return
  const node = value as Node
  for (const name of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    yield [node, name]
    yield* places(node[name])
  }
}

/** Makes one field wrong, or another one. */
function mutate(random: Random, body: object): void {
  const [node, name] = random.pick([...places(body)])
  const change = random.below(9)
  if (change === 0) delete node[name]
  else if (change === 1) node[name] = [node[name]]
  else if (change === 2) node[name] = { type: 'text', value: node[name] }
  else if (change === 3) node[name] = String(node[name])
  else if (change === 4 && !Array.isArray(node)) node[random.pick(NAMES)] = random.pick(JUNK)
  else if (change === 5 && Array.isArray(node)) node.push(...node)
  else node[name] = structuredClone(random.pick(JUNK))
}

/** The JSON of a body, at times with what only JSON can have. */
function toJson(random: Random, body: object): string {
  const json = JSON.stringify(body)
  const kind = random.below(30)
  const at = random.below(json.length)
  if (kind === 0) return json.slice(0, at)
  if (kind === 1) return json.replace(/:(\d+)/, ':1e999')
  if (kind === 2) return json.replace(/:"a"/, `:${'['.repeat(9000)}${']'.repeat(9000)}`)
  // The last of two fields of the same name counts.
  if (kind === 3) return json.replace('{', '{"messages":5,"input":[],"model":null,')
  if (kind === 4) return json.replace('"unknown"', '"__proto__"')
  return json
}

function check(t: Test, api: Api, status: number, text: string, json: string): void {
  for (const problem of wrong.splice(0)) t.fail(`${problem} <- ${json}`)
  const isGood = status === 200 ? !/event: error|"type":"error"|failed/.test(text) : isOwn(api, status, text)
  const isOdd = status !== 200 && /undefined|\[object|NaN/.test(text)
  if (!isGood || isOdd) t.fail(`${api.name}: ${status} ${text.slice(0, 300)} <- ${json.slice(0, 3000)}`)
}

/** A body that cannot be read is a 400, 404 for an unknown model or item, or 413. */
function isOwn(api: Api, status: number, text: string): boolean {
  return [400, 404, 413].includes(status) && api.isError(JSON.parse(text))
}

t.test('a body that has every field of its API is answered', async t => {
  const { post } = await appOf(t, strict, LIMITS)
  for (const [api, body] of fullBodies) {
    const { status, text } = await post(api, body)
    t.equal(status, 200, `${api.name}: ${text}`)
  }
})

t.test('every field of every API, with every wrong value, is answered or refused in the form of the API', async t => {
  const { post } = await appOf(t, strict, LIMITS)
  for (const [api, body] of fullBodies) {
    const statuses = new Set<number>()
    const count = [...places(body)].length
    for (let at = 0; at < count; at++) {
      for (const junk of [null, 5, '', [], {}]) {
        const copy = structuredClone(body)
        const [node, name] = [...places(copy)][at] as [Node, string]
        node[name] = junk
        const { status, text } = await post(api, copy)
        statuses.add(status)
        check(t, api, status, text, JSON.stringify(copy))
      }
    }
    t.ok(statuses.has(200) && statuses.has(400), `${api.name}: ${[...statuses]}`)
  }
})

t.test('a name that has no text is refused by name', async t => {
  const { refused } = await appOf(t)
  const name = { toString: 1, valueOf: null }
  const messages = [{ role: 'assistant', content: null, function_call: { name, arguments: '{}' } }]
  t.equal(await refused(t, chatCompletions, { model: 'a', messages }), 'messages[0].function_call.name takes a string')
})

t.test(`bodies, made wrong at random, are answered or refused in the form of the API (seed ${seed})`, async t => {
  const random = new Random(seed)
  const { post } = await appOf(t, strict, LIMITS)
  for (const [api, body] of fullBodies) {
    const statuses = new Set<number>()
    for (let i = 0; i < 120; i++) {
      const copy = structuredClone(body)
      do mutate(random, copy)
      while (random.chance(0.4))
      const json = toJson(random, copy)
      const { status, text } = await post(api, json)
      statuses.add(status)
      check(t, api, status, text, json)
    }
    t.ok(statuses.has(200) && statuses.has(400), `${api.name}: ${[...statuses]}`)
  }
})
