import t from 'tap'
import { IdMap } from '../../../plugin/util/id-map.js'

t.test('finds what has come and has not left', async t => {
  const registry = new IdMap<number>()
  t.equal(registry.get('a'), undefined)
  registry.set('a', 1)
  registry.set('b', 2)
  registry.set('b', 3)
  t.equal(registry.get('a'), 1)
  t.strictSame([...registry.values()], [1, 3])
  registry.delete('a')
  registry.delete('a')
  t.equal(registry.get('a'), undefined)
  t.strictSame([...registry.values()], [3])
})

t.test('passes over what leaves while all are looked at', async t => {
  const registry = new IdMap<number>()
  registry.set('a', 1)
  registry.set('b', 2)
  const seen: number[] = []
  for (const value of registry.values()) {
    seen.push(value)
    registry.delete('b')
  }
  t.strictSame(seen, [1])
})
