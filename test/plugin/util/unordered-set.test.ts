import t from 'tap'
import { type SetItem, UnorderedSet } from '../../../plugin/util/collections/unordered-set.js'
import { Random, seed } from '../../helpers/random.js'

t.test(`holds what was added and not deleted (SEED=${seed})`, async t => {
  const random = new Random(seed)
  const set = new UnorderedSet<SetItem>()
  const model = new Set<SetItem>()
  for (let step = 0; step < 2000; step++) {
    const known = random.below(2) === 0 ? [...model][random.below(model.size)] : undefined
    if (known === undefined) {
      const item = {}
      set.add(item)
      model.add(item)
    } else if (!set.delete(known) || !model.delete(known) || set.delete(known)) {
      t.fail('an item can be deleted once')
    }
    if (set.size !== model.size) t.fail(`the size is ${set.size}, not ${model.size}`)
  }
  const seen = new Set<SetItem>()
  set.visit(item => seen.add(item))
  t.strictSame(seen, model)
})

t.test('visits neither items that are deleted during the visit nor those that are added', async t => {
  const set = new UnorderedSet<SetItem & { name: string }>()
  const [a, b, c] = ['a', 'b', 'c'].map(name => ({ name })) as [
    SetItem & { name: string },
    SetItem & { name: string },
    SetItem & { name: string }
  ]
  for (const item of [a, b, c]) set.add(item)
  const visited: string[] = []
  set.visit(({ name }) => {
    visited.push(name)
    if (name === 'a') {
      set.delete(b)
      set.add({ name: 'd' })
    }
  })
  t.strictSame(visited, ['a', 'c'])
})
