import t from 'tap'
import { CompactList } from '../../../plugin/util/compact-list.js'
import { Random, seed } from '../../helpers/random.js'

t.test(`gives back what was added, however it is added, kept and read (seed ${seed})`, async t => {
  const random = new Random(seed)
  for (let round = 0; round < 100; round++) {
    const texts = new CompactList()
    const model: string[] = []
    const text = () => random.pick(['', 'a', 'é😀', 'token', 'x'.repeat(random.below(3000))])
    for (let step = 0; step < 300; step++) {
      const action = random.below(20)
      if (action < 10) {
        const added = text()
        texts.push(added)
        model.push(added)
      } else if (action < 12) {
        const added = Array.from({ length: random.pick([0, 1, 5, 63, 64, 200]) }, text)
        texts.pushAll(added)
        model.push(...added)
      } else if (action === 12) {
        random.pick([() => texts.settle(), () => texts.compact()])()
      } else if (model.length > 0) {
        const from = random.below(model.length)
        const to = from + random.below(100)
        if (texts.get(from) !== model[from]) t.fail(`not the one at ${from}`)
        if (texts.slice(from, to).join('|') !== model.slice(from, to).join('|'))
          t.fail(`not those from ${from} to ${to}`)
      }
    }
    t.equal(texts.length, model.length)
    t.strictSame(texts.slice(0, model.length + 1), model)
  }
})

t.test('makes few of very many, also where nobody asks for that', async t => {
  const texts = new CompactList()
  for (let i = 0; i < 10_000; i++) texts.push(String(i))
  t.equal(texts.get(0), '0')
  t.equal(texts.get(9999), '9999')
  t.strictSame(texts.slice(4998, 5001), ['4998', '4999', '5000'])
})
