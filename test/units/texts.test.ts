import t from 'tap'
import { Texts } from '../../plugin/replay/texts.js'
import { Random, seed } from '../helpers/random.js'

t.test(`gives back what was added, however it is added and read (seed ${seed})`, async t => {
  const random = new Random(seed)
  for (let round = 0; round < 200; round++) {
    const texts = new Texts()
    const model: string[] = []
    const text = () => random.pick(['', 'a', 'é😀', 'token', 'x'.repeat(random.below(3000))])
    for (let step = 0; step < 300; step++) {
      const action = random.below(10)
      if (action < 5) {
        const added = text()
        texts.push(added)
        model.push(added)
      } else if (action < 7) {
        const added = Array.from({ length: random.below(5) }, text)
        texts.pushAll(added)
        model.push(...added)
      } else if (model.length > 0) {
        const from = random.below(model.length)
        const units = random.below(5000)
        const count = texts.run(from, units)
        const joined = model.slice(from, from + count).join('')
        if (count < 1 || texts.join(from, from + count) !== joined) t.fail(`${count} from ${from}`)
        if (count > 1 && joined.length > units) t.fail(`${joined.length} units of ${units}`)
      }
    }
    t.equal(texts.length, model.length)
    const from = random.below(model.length + 1)
    const limit = random.below(50)
    t.strictSame(texts.slice(from, limit), model.slice(from, from + limit))
    t.strictSame(texts.slice(0, model.length), model)
  }
})

t.test('gives texts that were added one by one as long runs', async t => {
  const texts = new Texts()
  for (let i = 0; i < 1000; i++) texts.push('12345')
  t.equal(texts.run(0, 100), 20)
  t.equal(texts.run(0, 4), 1)
  t.ok(texts.run(990, 100) <= 10)
})
