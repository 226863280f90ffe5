import t from 'tap'
import { Queue } from '../../../plugin/util/queue.js'
import { Random, seed } from '../../helpers/random.js'

t.test(`returns items in the order in which they were pushed (SEED=${seed})`, async t => {
  const random = new Random(seed)
  const queue = new Queue<number>()
  const model: number[] = []
  for (let step = 0; step < 5000; step++) {
    if (random.below(2) === 0) {
      queue.push(step)
      model.push(step)
    } else {
      const [first] = model
      if (queue.first !== first || queue.shift() !== model.shift()) t.fail(`step ${step} should return ${first}`)
    }
  }
  t.equal(queue.first, model[0])
})
