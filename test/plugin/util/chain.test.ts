import t from 'tap'
import { Chain, type Link } from '../../../plugin/util/collections/chain.js'
import { Random, seed } from '../../helpers/random.js'

t.test(`values leave in the order in which they came, whichever are removed (SEED=${seed})`, async t => {
  const random = new Random(seed)
  const chain = new Chain<number>()
  const links: Link<number>[] = []
  const firsts: unknown[] = []
  const expected: unknown[] = []
  for (let i = 0; i < 2000; i++) {
    if (links.length === 0 || random.chance(0.5)) links.push(chain.add(i))
    else for (const link of links.splice(random.below(links.length), 1)) chain.remove(link)
    firsts.push(chain.first)
    expected.push(links[0]?.value)
  }
  t.strictSame(firsts, expected)
  for (const link of links) chain.remove(link)
  t.equal(chain.first, undefined)
})
