import t from 'tap'
import { BodyDecoder } from '../../../sources/openai/answer/body-decoder.js'
import { Random, seed } from '../../helpers/random.js'

/** What comes out of pieces of a body. */
function decode(pieces: readonly Uint8Array[]): string {
  const decoder = new BodyDecoder()
  return pieces.map(piece => decoder.decode(piece)).join('') + decoder.end()
}

t.test(`decodes as a TextDecoder does, wherever the body is cut (SEED=${seed})`, async t => {
  const random = new Random(seed)
  const parts = ['a', 'token ', 'é', '😀', '\ufeff', '\n'].map(part => Buffer.from(part))
  const broken = [Buffer.from([0xff]), Buffer.from([0xe2, 0x82]), Buffer.from([0xf0, 0x9f])]
  for (let round = 0; round < 2000; round++) {
    const length = random.below(12)
    const body = Buffer.concat(
      Array.from({ length }, () => (random.chance(0.1) ? random.pick(broken) : random.pick(parts)))
    )
    const pieces: Uint8Array[] = []
    for (let at = 0; at < body.length; ) {
      const next = at + random.below(5)
      pieces.push(body.subarray(at, next))
      at = next
    }
    t.equal(decode(pieces), new TextDecoder().decode(body), body.toString('hex'))
  }
})

t.test('drops a byte order mark at the start only', async t => {
  const mark = Buffer.from('\ufeff')
  t.equal(decode([mark, Buffer.from('a'), mark]), 'a\ufeff')
  t.equal(decode([mark.subarray(0, 1), mark.subarray(1)]), '')
  t.equal(decode([Buffer.from('a'), mark, mark]), 'a\ufeff\ufeff')
})
