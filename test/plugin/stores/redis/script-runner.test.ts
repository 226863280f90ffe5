import t, { type Test } from 'tap'
import { type RedisClient, ScriptRunner } from '../../../../plugin/stores/redis/script-runner.js'
import { READ } from '../../../../plugin/stores/redis/scripts.js'
import { Clock } from '../../../helpers/clock.js'

const UNAVAILABLE = { code: 'FST_SSE_STORE_UNAVAILABLE', statusCode: 503 }

type Answers = [error: Error | null, result?: unknown][]

/** A client whose answers come when the test gives them. */
class Client implements RedisClient {
  status = 'ready'
  isCluster = false
  /** What was sent and not answered. */
  readonly sent: { commands: unknown[][]; resolve(answers: Answers): void; reject(error: Error): void }[] = []
  pipeline(commands: [name: string, ...args: unknown[]][]) {
    return {
      exec: () => new Promise<Answers>((resolve, reject) => this.sent.push({ commands, resolve, reject }))
    }
  }
  async evalsha(...args: unknown[]) {
    return this.#alone('evalsha', args)
  }
  async eval(...args: unknown[]) {
    return this.#alone('eval', args)
  }
  /** Answers what was sent first. */
  answer(...answers: Answers) {
    this.sent.shift()?.resolve(answers)
  }
  async #alone(command: string, args: unknown[]) {
    const [[error, result]] = (await this.pipeline([[command, ...args]]).exec()) as [Answers[0]]
    if (error) throw error
    return result
  }
}

/** A clock whose timers need not be waited for. */
function clockOf(t: Test) {
  const clock = new Clock(t)
  const { setTimeout } = globalThis
  const unref = (...args: Parameters<typeof setTimeout>) => Object.assign(setTimeout(...args), { unref() {} })
  Object.assign(globalThis, { setTimeout: unref })
  return clock
}

/** Lets the event loop turn. */
async function turn() {
  for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
}

/** Lets time pass while the process is awake. */
async function pass(clock: Clock, ms: number) {
  for (let passed = 0; passed < ms; passed += 10) {
    clock.pass(10)
    await turn()
  }
}

function start(t: Test) {
  const clock = clockOf(t)
  const client = new Client()
  const calls = new ScriptRunner(client, 1000)
  /** What became of each call: `'open'` while it waits. */
  const outcomes: unknown[] = []
  const call = async (arg: string | number = 'a') => {
    const i = outcomes.push('open') - 1
    calls.run(READ, ['log', 'lease', 'meta'], [arg]).then(
      result => {
        outcomes[i] = result
      },
      error => {
        outcomes[i] = t.match(error, UNAVAILABLE) && error.cause.message
      }
    )
    await turn()
  }
  return { clock, client, calls, call, outcomes }
}

t.test('sends what is called in one turn together, and gives each its answer', async t => {
  const { client, call, outcomes } = start(t)
  await Promise.all([call('a'), call('b'), Promise.resolve().then(() => call('c'))])
  t.equal(client.sent.length, 1)
  const commands = ['a', 'b', 'c'].map(arg => ['evalsha', READ.sha, 3, 'log', 'lease', 'meta', arg])
  t.strictSame(client.sent[0]?.commands, commands)
  client.answer([null, 1], [new Error('ERR no')], [null, 3])
  await turn()
  t.strictSame(outcomes, [1, 'ERR no', 3])
})

t.test('sends each alone to a cluster', async t => {
  const { client, call, outcomes } = start(t)
  client.isCluster = true
  await Promise.all([call('a'), call('b')])
  t.equal(client.sent.length, 2)
  client.answer([null, 1])
  client.answer([new Error('CLUSTERDOWN The cluster is down')])
  await turn()
  t.strictSame(outcomes, [1, 'CLUSTERDOWN The cluster is down'])
})

for (const isCluster of [false, true]) {
  t.test(`sends the text of a script that Redis does not know${isCluster ? ', in a cluster' : ''}`, async t => {
    const { client, call, outcomes } = start(t)
    client.isCluster = isCluster
    await call('a')
    client.answer([new Error('NOSCRIPT No matching script. Please use EVAL.')])
    await turn()
    t.strictSame(client.sent[0]?.commands, [['eval', READ.lua, 3, 'log', 'lease', 'meta', 'a']])
    client.answer([null, 1])
    await turn()
    t.strictSame(outcomes, [1])
  })
}

t.test('does not send what only a connection to come could answer', async t => {
  const { client, call, outcomes } = start(t)
  for (const status of ['reconnecting', 'disconnecting', 'close', 'end']) {
    client.status = status
    await call()
    t.equal(client.sent.length, 0)
    t.equal(outcomes.pop(), `the connection is down (${status})`)
  }
  for (const status of ['wait', 'connecting', 'connect', 'ready']) {
    client.status = status
    await call()
    client.answer([null, status])
    await turn()
    t.equal(outcomes.pop(), status)
  }
})

t.test('fails a call when the client does', async t => {
  const { client, call, outcomes } = start(t)
  await call()
  client.sent.shift()?.reject(new Error('the whole pipeline'))
  await turn()
  Object.assign(client, {
    pipeline: () => {
      throw new RangeError('Invalid string length')
    }
  })
  await call()
  t.strictSame(outcomes, ['the whole pipeline', 'Invalid string length'])
})

t.test('says what Redis has said, but not what was asked', async t => {
  const { client, call, calls } = start(t)
  await call()
  client.answer([null])
  const rejected = t.rejects(calls.run(READ, ['secret'], ['secret']), UNAVAILABLE)
  const caught = calls.run(READ, ['secret'], ['secret']).catch(error => error)
  await turn()
  const error = Object.assign(new Error("ERR unknown command 'evalsha', with args beginning with: 'secret'"), {
    name: 'ReplyError',
    command: { name: 'evalsha', args: ['secret'] }
  })
  client.answer([error], [error])
  await rejected
  const { cause } = (await caught) as { cause: Error }
  t.equal(`${cause}`, "ReplyError: ERR unknown command 'evalsha'")
  t.notMatch(JSON.stringify([cause, { ...cause }, cause.stack]), /secret/)
})

t.test('gives up a call that is not answered in time', async t => {
  const { clock, client, call, outcomes } = start(t)
  await call()
  await pass(clock, 990)
  t.strictSame(outcomes, ['open'])
  await pass(clock, 300)
  t.strictSame(outcomes, ['no answer within 1000 ms'])
  client.answer([null, 'late'])
  await turn()
  t.strictSame(outcomes, ['no answer within 1000 ms'], 'what comes late is not heard')
  t.equal(clock.timers, 0)
})

t.test('gives each call its time', async t => {
  const { clock, call, outcomes } = start(t)
  await call()
  await pass(clock, 900)
  await call()
  await pass(clock, 400)
  t.strictSame(outcomes, ['no answer within 1000 ms', 'open'])
  await pass(clock, 900)
  t.strictSame(outcomes, ['no answer within 1000 ms', 'no answer within 1000 ms'])
})

t.test('does not take its own sleep for an outage', async t => {
  for (const awake of [0, 500, 990]) {
    t.test(`after ${awake} ms`, async t => {
      const { clock, client, call, outcomes } = start(t)
      await call()
      await pass(clock, awake)
      clock.now += 60_000
      clock.pass(0)
      // What has come meanwhile is read only now.
      client.answer([null, 'here'])
      await turn()
      t.strictSame(outcomes, ['here'])
      await call()
      t.equal(client.sent.length, 1, 'it goes on to ask')
    })
  }
})

t.test('gives a connection that has slept with it some time to wake', async t => {
  const { clock, client, call, outcomes } = start(t)
  await call()
  clock.now += 60_000
  await pass(clock, 500)
  t.strictSame(outcomes, ['open'])
  client.answer([null, 'here'])
  await turn()
  t.strictSame(outcomes, ['here'])
})

t.test('a Redis that was silent', async t => {
  const silent = async (t: Test) => {
    const started = start(t)
    await started.call()
    await pass(started.clock, 1300)
    started.outcomes.length = 0
    started.client.sent.length = 0
    return started
  }

  t.test('is left alone for a while', async t => {
    const { client, call, outcomes } = await silent(t)
    for (let i = 0; i < 100; i++) await call()
    t.equal(client.sent.length, 0)
    t.strictSame([...new Set(outcomes)], ['Redis has not answered lately'])
  })

  t.test('is then asked by one call, until that is answered', async t => {
    const { clock, client, call, outcomes } = await silent(t)
    await pass(clock, 1000)
    await Promise.all([call('probe'), call(), call()])
    await call()
    t.equal(client.sent.length, 1)
    t.equal(client.sent[0]?.commands.length, 1)
    const lately = 'Redis has not answered lately'
    t.strictSame(outcomes, ['open', lately, lately, lately])
    client.answer([null, 'here'])
    await turn()
    t.equal(outcomes[0], 'here')
    await Promise.all([call(), call()])
    t.equal(client.sent[0]?.commands.length, 2)
  })

  t.test('is left alone again where that is not answered either', async t => {
    const { clock, client, call, outcomes } = await silent(t)
    await pass(clock, 1000)
    await call()
    await pass(clock, 1300)
    t.strictSame(outcomes, ['no answer within 1000 ms'])
    await call()
    t.equal(client.sent.length, 1)
    await pass(clock, 1000)
    await call()
    t.equal(client.sent.length, 2)
  })

  t.test('is asked again at once when it is heard of', async t => {
    const { clock, client, call, outcomes } = start(t)
    await call()
    await pass(clock, 1300)
    client.answer([null, 'late'])
    await turn()
    await call()
    t.equal(client.sent.length, 1)
    client.answer([null, 'here'])
    await turn()
    t.equal(outcomes[1], 'here')
  })

  t.test('is one node of a cluster where others answer: their calls go on', async t => {
    const { clock, client, call, outcomes } = start(t)
    client.isCluster = true
    await Promise.all([call(), call()])
    await pass(clock, 500)
    client.sent.pop()?.resolve([[null, 'another node']])
    await pass(clock, 800)
    t.strictSame(outcomes, ['no answer within 1000 ms', 'another node'])
    await call()
    t.equal(client.sent.length, 2)
  })
})

t.test('has no timer while nothing is underway', async t => {
  const { clock, client, call } = start(t)
  t.equal(clock.timers, 0)
  await Promise.all([call(), call()])
  await call()
  t.equal(clock.timers, 1, 'one for all calls')
  client.answer([null], [null])
  client.answer([null])
  await pass(clock, 260)
  t.equal(clock.timers, 0)
})
