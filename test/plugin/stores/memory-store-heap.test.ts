import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { MemoryStore } from '../../../plugin/index.js'
import { until } from '../../helpers/until.js'

const MB = 1024 * 1024
const STREAMS = 10_000
const EVENTS = 100

setFlagsFromString('--expose-gc')
const gc: () => void = runInNewContext('gc')

function heap(): number {
  gc()
  return process.memoryUsage().heapUsed
}

t.test('10,000 streams of 100 events leave nothing in memory once they have expired', async t => {
  const store = new MemoryStore({ keep: 100 })
  const idle = heap()
  const text = (i: number) => `data: ${i} ${'token '.repeat(8)}\n\n`
  for (let i = 0; i < STREAMS; i++) {
    await store.create(`stream ${i}`, 'me', `owner ${i}`)
    await store.follow(`stream ${i}`)
    for (let j = 0; j < EVENTS; j += 25) {
      const events = Array.from({ length: 25 }, (_, k) => text(j + k))
      await store.append(`stream ${i}`, 'me', j + 1, events)
    }
  }
  const held = heap() - idle
  t.equal(store.size, STREAMS)
  t.ok(held > 50 * MB, `they take ${Math.round(held / MB)} MB while they run`)
  for (let i = 0; i < STREAMS; i++) await store.append(`stream ${i}`, 'me', EVENTS + 1, [], 'end')
  await until('all have expired', () => store.size === 0)
  await until('their memory is free', () => heap() - idle < 3 * MB)
})
