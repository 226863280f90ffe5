import t from 'tap'
import { type SetItem, UnorderedSet } from '../../../plugin/util/unordered-set.js'
import { Random, seed } from '../../helpers/random.js'

t.test(`has what was added and has not left (seed ${seed})`, async t => {
  const random = new Random(seed)
  const bag = new UnorderedSet<SetItem>()
  const model = new Set<SetItem>()
  for (let step = 0; step < 2000; step++) {
    const known = random.below(2) === 0 ? [...model][random.below(model.size)] : undefined
    if (known === undefined) {
      const item = {}
      bag.add(item)
      model.add(item)
    } else if (!bag.delete(known) || !model.delete(known) || bag.delete(known)) {
      t.fail('what was there leaves once')
    }
    if (bag.size !== model.size) t.fail(`${bag.size} of ${model.size}`)
  }
  const seen = new Set<SetItem>()
  bag.visit(item => seen.add(item))
  t.strictSame(seen, model)
})

t.test('visits nobody who has left meanwhile, nor who has come', async t => {
  const bag = new UnorderedSet<SetItem & { name: string }>()
  const [a, b, c] = ['a', 'b', 'c'].map(name => ({ name })) as [
    SetItem & { name: string },
    SetItem & { name: string },
    SetItem & { name: string }
  ]
  for (const item of [a, b, c]) bag.add(item)
  const visited: string[] = []
  bag.visit(({ name }) => {
    visited.push(name)
    if (name === 'a') {
      bag.delete(b)
      bag.add({ name: 'd' })
    }
  })
  t.strictSame(visited, ['a', 'c'])
})
