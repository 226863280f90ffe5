import t from 'tap'
import { randomName } from '../../../plugin/util/random-name.js'

t.test('makes a new name each time, also when it has run out of random bytes', async t => {
  const names = Array.from({ length: 2000 }, (_, i) => randomName(i % 2 === 0 ? 16 : 8))
  t.equal(new Set(names).size, names.length)
  t.ok(names.every((name, i) => /^[\w-]+$/.test(name) && name.length === (i % 2 === 0 ? 22 : 11)))
})
