import t from 'tap'
import { isLarger, WriteBatch } from '../../../plugin/sse/write-batch.js'

/** Characters of 1, 2, 3 and 4 bytes, and the halves of a surrogate pair, which become U+FFFD. */
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
  t.test('is empty at first and after each take', async t => {
    const batch = new WriteBatch()
    t.ok(batch.isEmpty)
    batch.add('')
    t.ok(batch.isEmpty)
    batch.add('a')
    t.notOk(batch.isEmpty)
    t.equal(batch.take(), 'a')
    t.ok(batch.isEmpty)
    t.equal(batch.take(), '')
  })

  t.test('keeps the order of frames, however often bytes are counted in between', async t => {
    const batch = new WriteBatch()
    for (const char of CHARS) {
      batch.add(`${char},`)
      batch.fills(1)
    }
    t.equal(batch.take(), CHARS.map(char => `${char},`).join(''))
    batch.add('b')
    t.equal(batch.take(), 'b')
  })

  t.test('fills a number of bytes once it has them, and not before', async t => {
    for (const char of CHARS) {
      const size = Buffer.byteLength(char)
      for (const bytes of [1, 10, 100, 1000]) {
        const batch = new WriteBatch()
        let count = 1
        for (batch.add(char); !batch.fills(bytes); batch.add(char)) count++
        t.ok(size * count >= bytes, `${bytes}`)
        t.ok(size * (count - 1) < bytes, `the one before fits into ${bytes}`)
        t.ok(batch.fills(bytes), 'it stays full')
        batch.take()
        t.notOk(batch.fills(1), 'nothing is left')
      }
    }
  })

  t.test('counts bytes at most a few times for thousands of frames', async t => {
    const { byteLength } = Buffer
    t.teardown(() => {
      Buffer.byteLength = byteLength
    })
    let counts = 0
    Buffer.byteLength = ((...args: Parameters<typeof byteLength>) => {
      counts++
      return byteLength(...args)
    }) as typeof byteLength
    const batch = new WriteBatch()
    for (let i = 0; i < 20_000 && !batch.fills(16_384); i++) batch.add('a')
    t.ok(counts > 0 && counts <= 25, `${counts} times`)
    t.equal(batch.take().length, 16_384)
  })

  t.test('uses the size of a frame if it is known, and counts the bytes of others', async t => {
    const batch = new WriteBatch()
    batch.add('é', 2)
    t.equal(batch.bytes, 2)
    batch.add('中')
    t.equal(batch.bytes, 5)
    batch.add('😀', 4)
    t.equal(batch.bytes, 9)
    t.notOk(batch.fills(10))
    t.ok(batch.fills(9))
    batch.take()
    t.equal(batch.bytes, 0)
  })
})
