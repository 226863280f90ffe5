import { spawn } from 'node:child_process'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { until } from '../../helpers/until.js'

const MB = 1024 * 1024
const TOTAL = 1024 * MB
const MOST = 150 * MB

t.test('streams 1 GB to a slow reader within 150 MB of memory above idle', { timeout: 200_000 }, async t => {
  const child = spawn(process.execPath, [...process.execArgv, 'test/helpers/endless-server.ts'], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let url = ''
  child.stdout.on('data', chunk => {
    url += String(chunk).trim()
  })
  await until('the server listens', () => url)
  const memory = async () => Number((await fetchAll(`${url}/memory`)).text())
  await fetchAll(`${url}/?bytes=${MB}`)
  const idle = await memory()

  let received = 0
  let most = 0
  let ended = false
  const request = get(`${url}/?bytes=${TOTAL}`, { agent: false }, async response => {
    let unread = 0
    for await (const chunk of response) {
      received += chunk.length
      unread += chunk.length
      // The reader pauses after every 4 MB, long enough for the server to fill its memory many times over.
      if (unread < 4 * MB) continue
      unread = 0
      await sleep(10)
    }
    ended = true
  })
  t.teardown(() => request.destroy())
  while (!ended) {
    most = Math.max(most, (await memory()) - idle)
    await sleep(50)
  }
  t.ok(received > TOTAL, `${received} bytes arrived`)
  t.ok(most < MOST, `it took up to ${Math.round(most / MB)} MB above the ${Math.round(idle / MB)} MB of an idle server`)
  t.comment(`${Math.round(most / MB)} MB above ${Math.round(idle / MB)} MB`)
})
