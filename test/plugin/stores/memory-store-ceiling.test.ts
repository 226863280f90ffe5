import { fork } from 'node:child_process'
import t from 'tap'

t.test('10,000 streams of 1 MiB do not end a process of 512 MB', async t => {
  const execArgv = [...process.execArgv, '--max-old-space-size=512']
  const child = fork('test/helpers/full-store.ts', { execArgv })
  t.teardown(() => child.kill('SIGKILL'))
  const messages: { refused: number; most: number; size: number }[] = []
  child.on('message', message => messages.push(message as (typeof messages)[0]))
  const code = await new Promise(resolve => child.on('exit', resolve))
  t.equal(code, 0)
  const [told] = messages
  t.ok(told !== undefined && told.most <= 128 * 1024 * 1024)
  t.ok(Number(told?.refused) > 0)
  t.ok(Number(told?.size) > 100)
})
