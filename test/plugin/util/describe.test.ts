import t from 'tap'
import { describe } from '../../../plugin/util/errors/describe.js'

t.test('says what kind of value a wrong one is, and does not show it', async t => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const hostile = Object.defineProperty({}, 'then', {
    get() {
      throw new Error('hidden')
    }
  })
  const kinds: [unknown, string][] = [
    [undefined, 'undefined'],
    [null, 'null'],
    [['secret'], 'an array'],
    [Promise.resolve('secret'), 'a promise'],
    [{ secret: 1 }, 'an object'],
    [hostile, 'an object'],
    [proxy, 'an object'],
    ['secret', 'a string'],
    [1n, 'a bigint'],
    [Symbol('secret'), 'a symbol'],
    [() => 'secret', 'a function']
  ]
  for (const [value, kind] of kinds) t.equal(describe(value), kind)
})
