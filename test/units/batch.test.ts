import t from 'tap'
import { Batch, isLarger } from '../../plugin/batch.js'

/** Characters of 1, 2, 3 and 4 bytes, and halves of a pair, which become U+FFFD. */
const CHARS = ['a', 'é', '中', '😀', '\ud83d', '\ude00']

t.test('isLarger counts bytes, not characters', async t => {
  for (const char of CHARS) {
    for (const length of [0, 1, 2, 10]) {
      const text = char.repeat(length)
      const bytes = Buffer.byteLength(text)
      for (const limit of [0, 1, bytes - 1, bytes, bytes + 1, bytes * 3]) {
        t.equal(
          isLarger(text, limit),
          bytes > limit,
          `${bytes} bytes of U+${char.codePointAt(0)?.toString(16)} and ${limit}`
        )
      }
    }
  }
})

t.test('a batch', async t => {
  t.test('is empty before something is added and after it was taken', async t => {
    const batch = new Batch()
    t.ok(batch.isEmpty)
    batch.add('')
    t.ok(batch.isEmpty)
    batch.add('a')
    t.notOk(batch.isEmpty)
    t.same(batch.take(), Buffer.from('a'))
    t.ok(batch.isEmpty)
    t.same(batch.take(), Buffer.alloc(0))
  })

  t.test('gives what was added as UTF-8, in its order', async t => {
    const batch = new Batch()
    for (const char of CHARS) batch.add(`${char},`)
    t.same(batch.take(), Buffer.from('a,é,中,😀,\ufffd,\ufffd,'))
  })

  t.test('gives the same when its bytes were counted on the way', async t => {
    const batch = new Batch()
    for (const char of CHARS) {
      batch.add(`${char},`)
      batch.reaches(1)
      t.notOk(batch.isEmpty)
    }
    t.same(batch.take(), Buffer.from('a,é,中,😀,\ufffd,\ufffd,'))
    batch.add('b')
    t.same(batch.take(), Buffer.from('b'))
  })

  t.test('knows to the byte whether it holds as many', async t => {
    for (const char of CHARS) {
      const size = Buffer.byteLength(char)
      const batch = new Batch()
      for (let count = 1; count <= 20; count++) {
        batch.add(char)
        for (const bytes of [1, size * count - 1, size * count, size * count + 1, size * count * 4]) {
          t.equal(batch.reaches(bytes), size * count >= bytes, `${size * count} bytes and ${bytes}`)
        }
      }
      t.equal(batch.take().length, size * 20)
      t.notOk(batch.reaches(1), 'nothing is left')
    }
  })

  t.test('knows it for characters of different sizes', async t => {
    const text = CHARS.join('')
    const bytes = Buffer.byteLength(text)
    const batch = new Batch()
    batch.add(text)
    batch.add(text)
    t.ok(batch.reaches(2 * bytes))
    t.notOk(batch.reaches(2 * bytes + 1))
  })
})
