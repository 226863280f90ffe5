import { inspect } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import sseFrom, { MemoryStore, type PluginOptions, type Protocol } from '../../plugin/index.js'
import { pluginSettings, streamSettings } from '../../plugin/settings.js'
import { build } from '../helpers/server.js'
import { type Ask, DONE, sourceServer } from '../helpers/source-server.js'

const INVALID = 'FST_SSE_OPTION_INVALID'
const ms = (from: number) => `takes a whole number of milliseconds from ${from} to 2147483647`
const notWhole = [0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, [1], {}, 1n, 2 ** 31]

const timeout = { takes: `${ms(1)}, or false`, good: [1, 2 ** 31 - 1, false], bad: [...notWhole, 0, -1, true] }
const size = {
  takes: 'takes a positive whole number of bytes',
  good: [1000, 2 ** 40],
  bad: [0, -1, 0.5, Number.NaN, '1', null, false, 2 ** 53]
}

const counted = {
  takes: 'takes a positive whole number, or false',
  good: [1, 2 ** 40, false],
  bad: [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, true, {}]
}

/** Valid and invalid values of the settings that the plugin and every stream take. */
const settings: Record<string, { takes: string; good: unknown[]; bad: unknown[] }> = {
  heartbeat: timeout,
  commitAfter: { takes: ms(0), good: [0, 2 ** 31 - 1], bad: [...notWhole, -1, false] },
  retry: { takes: ms(0), good: [0, 2 ** 31 - 1], bad: [...notWhole, -1, false] },
  highWaterMark: { ...size, good: [1, 2 ** 40] },
  writeTimeout: timeout,
  maxEventBytes: size,
  providerKey: {
    takes: "takes 'server' or 'user'",
    good: ['server', 'user'],
    bad: ['', 'me', null, true, 1, {}, ['user']]
  },
  firstEventTimeout: timeout,
  idleTimeout: timeout,
  maxDuration: timeout,
  onFinish: { takes: 'takes a function', good: [() => {}], bad: [{}, null, false] },
  drainForUsage: {
    takes: 'takes a whole number of milliseconds from 0 to 2147483647',
    good: [0, 1, 2 ** 31 - 1],
    bad: [-1, 0.5, 2 ** 31, Number.NaN, '1', null, false, {}]
  }
}

const plainText: Protocol<string> = {
  start: () => ({ item: data => ({ data }), end: () => undefined, error: ({ message }) => ({ data: message }) })
}

const notResumable = [
  'a',
  null,
  1,
  [],
  { grace: 1 },
  { onDisconnect: 'stop' },
  { onDisconnect: { grace: -1 } },
  { owner: 'me' },
  { anonymous: 1 }
]

const pluginOnly: typeof settings = {
  resumable: {
    takes: 'takes true, false, or an object with owner, anonymous or onDisconnect',
    good: [
      true,
      false,
      {},
      { owner: () => 'me', anonymous: true, onDisconnect: 'abort' },
      { onDisconnect: { grace: 0 } }
    ],
    bad: [...notResumable, { id: 'a' }]
  },
  store: {
    takes: 'takes an EventStore, such as a MemoryStore or a RedisStore',
    good: [new MemoryStore()],
    bad: [null, 'memory', MemoryStore]
  },
  ownerKey: {
    takes: 'takes a secret of at least 16 characters',
    good: ['0123456789abcdef', 'é'.repeat(100)],
    bad: ['', 'too short', 1, null, true, {}, Buffer.alloc(16)]
  },
  maxStreams: counted,
  maxStreamsPerOwner: {
    takes:
      'takes a positive whole number, false, or an object with limit (a positive whole number), owner or anonymous',
    good: [1, false, { limit: 1 }, { limit: 5, owner: () => 'me', anonymous: true }],
    bad: [
      0,
      -1,
      0.5,
      '1',
      null,
      true,
      {},
      { limit: 0 },
      { owner: () => 'me' },
      { limit: 1, owner: 'me' },
      { limit: 1, id: 1 }
    ]
  },
  maxStreamsPerConnection: counted,
  maxResponseBytes: size,
  drainTimeout: { takes: ms(0), good: [0, 2 ** 31 - 1], bad: [...notWhole, -1, false] },
  lastEventIdParameter: {
    takes: 'takes the name of a query parameter, or false',
    good: ['lastEventId', 'a', false],
    bad: ['', true, 1, null, ['a'], {}]
  }
}

const streamOnly: typeof settings = {
  resumable: {
    takes:
      'takes true, false, or an object with id (1 to 128 letters, digits, - or _), owner, anonymous or onDisconnect',
    good: [false],
    bad: notResumable
  },
  protocol: {
    takes: "takes 'events', 'openai', 'anthropic', 'ai-sdk', 'ag-ui' or a Protocol",
    good: ['events', plainText, { ...plainText, headers: { a: 'b' }, reconnects: true }],
    bad: [
      'sse',
      null,
      1,
      true,
      {},
      { start: 1 },
      { ...plainText, headers: { a: 1 } },
      { ...plainText, reconnects: 1 },
      { ...plainText, text: 'a' }
    ]
  },
  map: { takes: 'takes a function', good: [String], bad: ['a', null, {}, true] },
  isComplete: { takes: 'takes a function', good: [() => true], bad: ['a', null, {}, true] },
  json: { takes: 'takes a function', good: [() => ({})], bad: ['a', null, {}, true] },
  usageOf: { takes: 'takes a function', good: [() => undefined], bad: ['a', null, {}, true] },
  event: { takes: 'takes a name without CR or LF', good: ['', 'a b'], bad: ['a\nb', 'a\r', '\n', 1, null, false] },
  end: {
    takes: 'takes false, the name of an event without CR or LF, or an event with a name or data',
    good: [false, 'a', { event: 'a' }, { data: 1, id: '1' }],
    bad: [true, null, 1, 'a\nb', [], {}, { finishReason: 'stop' }, { id: '1' }, new Date(0)]
  },
  onError: { takes: 'takes a function', good: [() => undefined], bad: [{}, null, false] },
  onClose: { takes: 'takes a function', good: [() => {}], bad: [{}, null, false] },
  signal: {
    takes: 'takes an AbortSignal',
    good: [new AbortController().signal],
    bad: [{}, { aborted: false }, { aborted: 0, addEventListener: () => {} }, new AbortController(), null, true, 'a']
  }
}

/** Registers the plugin, and returns the error that it throws. */
async function registering(options: unknown): Promise<{ code?: string; message: string } | undefined> {
  const app = Fastify()
  app.register(sseFrom, options as PluginOptions)
  try {
    await app.ready()
    return undefined
  } catch (error) {
    return error as Error
  } finally {
    await app.close()
  }
}

/** Starts a stream, and returns the error that it throws. */
async function streaming(ask: Ask, options: unknown): Promise<{ code?: string; message: string } | undefined> {
  const answer = await ask(['a'], options as object)
  return answer.status === 200 ? undefined : answer.error
}

t.test('the plugin', async t => {
  for (const [name, { takes, good, bad }] of Object.entries({ ...settings, ...pluginOnly })) {
    t.test(`takes ${name}`, async t => {
      for (const value of good) t.equal(await registering({ [name]: value }), undefined, inspect(value))
    })
    t.test(`refuses an invalid ${name}`, async t => {
      for (const value of bad) {
        const error = await registering({ [name]: value })
        t.strictSame([error?.code, error?.message], [INVALID, `option "${name}" ${takes}`], inspect(value))
      }
    })
  }

  t.test('refuses an unknown option, and names the known ones', async t => {
    const known = [...Object.keys(settings), ...Object.keys(pluginOnly)].join(', ')
    for (const name of ['heartBeat', 'map', 'end', 'toString']) {
      const error = await registering({ [name]: 1 })
      t.strictSame([error?.code, error?.message], [INVALID, `option "${name}" is unknown; known are ${known}`])
    }
  })

  t.test('takes the options that Fastify itself takes for every plugin', async t => {
    t.equal(await registering({ prefix: '/a', logLevel: 'warn', logSerializers: {} }), undefined)
  })

  t.test('takes undefined like an option that is left out', async t => {
    const options = Object.fromEntries(Object.keys({ ...settings, ...pluginOnly }).map(name => [name, undefined]))
    t.equal(await registering(options), undefined)
    t.same(pluginSettings(options as PluginOptions), pluginSettings({}))
  })

  t.test('has a default for every option but retry', async t => {
    t.same(pluginSettings({}), {
      heartbeat: 15_000,
      commitAfter: 1000,
      retry: undefined,
      highWaterMark: 16_384,
      writeTimeout: 60_000,
      maxEventBytes: 1_048_576,
      providerKey: 'server',
      firstEventTimeout: 600_000,
      idleTimeout: 300_000,
      maxDuration: 3_600_000,
      maxStreams: 10_000,
      maxStreamsPerOwner: false,
      maxStreamsPerConnection: 100,
      maxResponseBytes: 4_194_304,
      drainTimeout: 5000,
      lastEventIdParameter: 'lastEventId'
    })
  })
})

t.test('a stream', async t => {
  const ask = sourceServer(t)

  for (const [name, { takes, good, bad }] of Object.entries({ ...settings, ...streamOnly })) {
    t.test(`takes ${name}`, async t => {
      for (const value of good) t.equal(await streaming(ask, { [name]: value }), undefined, inspect(value))
    })
    t.test(`refuses an invalid ${name}`, async t => {
      for (const value of bad) {
        const error = await streaming(ask, { [name]: value })
        t.strictSame([error?.code, error?.message], [INVALID, `option "${name}" ${takes}`], inspect(value))
      }
    })
  }

  t.test('refuses an unknown option, and names the known ones', async t => {
    const known = [...Object.keys(settings), ...Object.keys(streamOnly)].join(', ')
    for (const name of ['heartBeat', 'drainTimeout', 'prefix', 'toString']) {
      const error = await streaming(ask, { [name]: 1 })
      t.strictSame([error?.code, error?.message], [INVALID, `option "${name}" is unknown; known are ${known}`])
    }
  })

  t.test('takes undefined like an option that is left out', async t => {
    const options = Object.fromEntries(Object.keys({ ...settings, ...streamOnly }).map(name => [name, undefined]))
    t.equal((await ask(['a'], options)).text, `data: a\n\n${DONE}`)
  })

  t.test('refuses options that are not an object', async t => {
    for (const options of [null, 'a', 1, []]) {
      t.equal((await streaming(ask, options))?.code, INVALID, inspect(options))
    }
  })

  t.test('does not start its source with an invalid option', async t => {
    const source = () => t.fail('was started')
    t.equal((await ask(source, { heartbeat: 0 })).status, 500)
  })
})

t.test("the options `event` and `end` are only for the protocol 'events'", async t => {
  const ask = sourceServer(t)
  for (const protocol of ['openai', 'anthropic', 'ai-sdk', 'ag-ui', plainText]) {
    for (const options of [{ event: 'a' }, { end: 'a' }, { end: false }]) {
      const error = await streaming(ask, { protocol, ...options })
      const [name] = Object.keys(options)
      const what = "is only for the protocol 'events': others make the events themselves"
      t.strictSame([error?.code, error?.message], [INVALID, `option "${name}" ${what}`])
    }
  }
  t.equal(await streaming(ask, { protocol: 'events', event: 'a', end: 'b' }), undefined)
})

t.test('throws from the call that passed the invalid option', async t => {
  const { app } = build(t)
  await app.after()
  app.get('/', (_request, reply) => {
    try {
      return reply.sseFrom([], { heartbeat: 0 })
    } catch (error) {
      return reply.send({ caught: (error as { code: string }).code })
    }
  })
  t.same((await app.inject('/')).json(), { caught: INVALID })
})

t.test('does not show the value of an option, which may be a secret', async t => {
  const secret = 'sk-12345'
  const ask = sourceServer(t)
  for (const name of Object.keys({ ...settings, ...streamOnly })) {
    for (const value of [`${secret}\n`, { [secret]: secret }, [secret]]) {
      for (const error of [await registering({ [name]: value }), await streaming(ask, { [name]: value })]) {
        t.notMatch(JSON.stringify({ ...error, message: error?.message }), secret, name)
      }
    }
  }
})

t.test('an option of a stream overrides that of the plugin', async t => {
  const plugin = pluginSettings({
    heartbeat: 1,
    commitAfter: 2,
    retry: 3,
    highWaterMark: 4,
    maxEventBytes: 5,
    providerKey: 'server',
    drainTimeout: 6,
    firstEventTimeout: 7,
    idleTimeout: 8,
    maxDuration: 9,
    writeTimeout: 10
  })
  t.same(streamSettings(plugin, {}), plugin)
  const size = { highWaterMark: 14, maxEventBytes: 15 }
  const timeouts = { firstEventTimeout: 17, idleTimeout: 18, maxDuration: 19, writeTimeout: 20 }
  const own = { heartbeat: 11, commitAfter: 12, retry: 13, providerKey: 'user' as const, ...size, ...timeouts }
  const { drainTimeout, ...rest } = pluginSettings({})
  t.equal(drainTimeout, 5000)
  t.same(streamSettings(plugin, own), { ...rest, ...own, drainTimeout: 6 })
  const no = { firstEventTimeout: false, idleTimeout: false, maxDuration: false, writeTimeout: false } as const
  const falsy = { heartbeat: false as const, commitAfter: 0, retry: 0, ...no }
  t.same(streamSettings(plugin, falsy), { ...plugin, ...falsy })
})

t.test('names the invalid option next to a valid store', async t => {
  const error = await registering({ store: new MemoryStore(), drainTimeout: -1 })
  t.match(error?.message, /^option "drainTimeout" takes/)
})

t.test('sseResume refuses options of sseFrom that only begin a stream', async t => {
  const { app } = build(t)
  await app.after()
  let given = {}
  app.get('/', (_request, reply) => reply.sseResume('a', given))
  const resume = async (options: object) => {
    given = options
    return (await app.inject('/')).json()
  }
  const known =
    'heartbeat, commitAfter, retry, highWaterMark, writeTimeout, protocol, onClose, signal, owner, anonymous, after'
  for (const [name, value] of Object.entries({
    event: 'x',
    map: String,
    isComplete: () => true,
    end: false,
    onError: () => {},
    maxEventBytes: 1000,
    resumable: true,
    nonsense: 1
  })) {
    const { code, message } = await resume({ [name]: value })
    t.strictSame([code, message], [INVALID, `option "${name}" is unknown; known are ${known}`])
  }
  for (const options of [
    { heartbeat: 0 },
    { owner: 'me' },
    { anonymous: 'yes' },
    { signal: {} },
    { protocol: {} },
    { protocol: 'none' }
  ]) {
    t.match(await resume(options), { statusCode: 500, code: INVALID }, inspect(options))
  }
  const whole = {
    heartbeat: 1,
    commitAfter: 0,
    retry: 0,
    highWaterMark: 1,
    owner: () => 'me',
    anonymous: false,
    onClose() {}
  }
  t.match(await resume({ ...whole, protocol: 'openai', signal: new AbortController().signal }), { statusCode: 404 })
})
