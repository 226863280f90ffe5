import t, { type Test } from 'tap'
import { pass, start, turn } from './scripted-redis.js'

t.test('a call that is not answered in time fails', async t => {
  const { clock, client, call, outcomes } = start(t)
  await call()
  await pass(clock, 990)
  t.strictSame(outcomes, ['open'])
  await pass(clock, 300)
  t.strictSame(outcomes, ['no answer within 1000 ms'])
  client.answer([null, 'late'])
  await turn()
  t.strictSame(outcomes, ['no answer within 1000 ms'], 'a late answer is ignored')
  t.equal(clock.timers, 0)
})

t.test('each call has its own time', async t => {
  const { clock, call, outcomes } = start(t)
  await call()
  await pass(clock, 900)
  await call()
  await pass(clock, 400)
  t.strictSame(outcomes, ['no answer within 1000 ms', 'open'])
  await pass(clock, 900)
  t.strictSame(outcomes, ['no answer within 1000 ms', 'no answer within 1000 ms'])
})

t.test('the suspension of this process is not mistaken for an outage', async t => {
  for (const awake of [0, 500, 990]) {
    t.test(`after ${awake} ms`, async t => {
      const { clock, client, call, outcomes } = start(t)
      await call()
      await pass(clock, awake)
      clock.now += 60_000
      clock.pass(0)
      // What has arrived meanwhile is read only now.
      client.answer([null, 'here'])
      await turn()
      t.strictSame(outcomes, ['here'])
      await call()
      t.equal(client.sent.length, 1, 'calls are still sent')
    })
  }
})

t.test('a connection that was suspended too has some time to wake', async t => {
  const { clock, client, call, outcomes } = start(t)
  await call()
  clock.now += 60_000
  await pass(clock, 500)
  t.strictSame(outcomes, ['open'])
  client.answer([null, 'here'])
  await turn()
  t.strictSame(outcomes, ['here'])
})

t.test('a silent Redis', async t => {
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

  t.test('is then tried by one call, until that is answered', async t => {
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

  t.test('is left alone again if that call is not answered either', async t => {
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

  t.test('is used again as soon as it answers', async t => {
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

  t.test('does not stop the calls to other nodes of a cluster', async t => {
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

t.test('there is no timer while no call is pending', async t => {
  const { clock, client, call } = start(t)
  t.equal(clock.timers, 0)
  await Promise.all([call(), call()])
  await call()
  t.equal(clock.timers, 1, 'all calls share one')
  client.answer([null], [null])
  client.answer([null])
  await pass(clock, 260)
  t.equal(clock.timers, 0)
})
