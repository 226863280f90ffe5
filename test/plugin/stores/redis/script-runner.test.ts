import t from 'tap'
import { READ } from '../../../../plugin/stores/redis/scripts.js'
import { start, turn, UNAVAILABLE } from './scripted-redis.js'

t.test('calls of one turn are sent together, and each gets its answer', async t => {
  const { client, call, outcomes } = start(t)
  await Promise.all([call('a'), call('b'), Promise.resolve().then(() => call('c'))])
  t.equal(client.sent.length, 1)
  const commands = ['a', 'b', 'c'].map(arg => ['evalsha', READ.sha, 3, 'log', 'lease', 'meta', arg])
  t.strictSame(client.sent[0]?.commands, commands)
  client.answer([null, 1], [new Error('ERR no')], [null, 3])
  await turn()
  t.strictSame(outcomes, [1, 'ERR no', 3])
})

t.test('calls to a cluster are sent one by one', async t => {
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
  t.test(`the text of a script that Redis does not know is sent${isCluster ? ', in a cluster' : ''}`, async t => {
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

t.test('nothing is sent while there is no connection', async t => {
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

t.test('a call fails if the client fails', async t => {
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

t.test('an error has the words of Redis, but not the arguments of the call', async t => {
  const { client, call, runner } = start(t)
  await call()
  client.answer([null])
  const rejected = t.rejects(runner.run(READ, ['secret'], ['secret']), UNAVAILABLE)
  const caught = runner.run(READ, ['secret'], ['secret']).catch(error => error)
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
