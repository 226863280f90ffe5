import t from 'tap'
import { CompactList } from '../../../plugin/util/collections/compact-list.js'
import { Random, seed } from '../../helpers/random.js'

t.test(`returns what was added, however it was added, compacted and read (SEED=${seed})`, async t => {
  const random = new Random(seed)
  for (let round = 0; round < 100; round++) {
    const list = new CompactList()
    const model: string[] = []
    const text = () => random.pick(['', 'a', 'é😀', 'token', 'x'.repeat(random.below(3000))])
    for (let step = 0; step < 300; step++) {
      const action = random.below(20)
      if (action < 10) {
        const added = text()
        list.push(added)
        model.push(added)
      } else if (action < 12) {
        const added = Array.from({ length: random.pick([0, 1, 5, 63, 64, 200]) }, text)
        list.pushAll(added)
        model.push(...added)
      } else if (action === 12) {
        random.pick([() => list.settle(), () => list.compact()])()
      } else if (model.length > 0) {
        const from = random.below(model.length)
        const to = from + random.below(100)
        if (list.get(from) !== model[from]) t.fail(`wrong text at ${from}`)
        if (list.slice(from, to).join('|') !== model.slice(from, to).join('|')) {
          t.fail(`wrong texts from ${from} to ${to}`)
        }
      }
    }
    t.equal(list.length, model.length)
    t.strictSame(list.slice(0, model.length + 1), model)
  }
})

t.test('merges thousands of texts by itself', async t => {
  const list = new CompactList()
  for (let i = 0; i < 10_000; i++) list.push(String(i))
  t.equal(list.get(0), '0')
  t.equal(list.get(9999), '9999')
  t.strictSame(list.slice(4998, 5001), ['4998', '4999', '5000'])
})
