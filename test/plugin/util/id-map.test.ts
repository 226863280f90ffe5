import t from 'tap'
import { IdMap } from '../../../plugin/util/collections/id-map.js'

t.test('finds what was set and not deleted', async t => {
  const map = new IdMap<number>()
  t.equal(map.get('a'), undefined)
  map.set('a', 1)
  map.set('b', 2)
  map.set('b', 3)
  t.equal(map.get('a'), 1)
  t.strictSame([...map.values()], [1, 3])
  map.delete('a')
  map.delete('a')
  t.equal(map.get('a'), undefined)
  t.strictSame([...map.values()], [3])
})

t.test('skips values that are deleted during the iteration', async t => {
  const map = new IdMap<number>()
  map.set('a', 1)
  map.set('b', 2)
  const seen: number[] = []
  for (const value of map.values()) {
    seen.push(value)
    map.delete('b')
  }
  t.strictSame(seen, [1])
})
