import t from 'tap'
import { endsInHalf, TextJoiner } from '../../../plugin/framing/text-joiner.js'

/** Characters of 1, 2, 3 and 4 bytes, and a byte order mark, which is kept. */
const TEXT = '\ufeffaé中😀'

t.test('joins the bytes of a character, wherever they are split', async t => {
  const bytes = new TextEncoder().encode(TEXT)
  for (let at = 0; at <= bytes.length; at++) {
    const joiner = new TextJoiner()
    const parts = [joiner.bytes(bytes.subarray(0, at)), joiner.bytes(bytes.subarray(at)), joiner.rest()]
    t.equal(parts.join(''), TEXT, `split before byte ${at}`)
    t.equal(parts[2], '')
    t.notOk(parts.some(part => part.includes('\ufffd')))
  }
})

t.test('joins the two halves of a surrogate pair, wherever text is split', async t => {
  for (let at = 0; at <= TEXT.length; at++) {
    const joiner = new TextJoiner()
    const parts = [joiner.text(TEXT.slice(0, at)), joiner.text(TEXT.slice(at)), joiner.rest()]
    t.equal(parts.join(''), TEXT, `split before code unit ${at}`)
    t.equal(parts[2], '')
    t.notOk(parts.some(endsInHalf))
  }
})

t.test('sends the text before an incomplete character at once', async t => {
  const joiner = new TextJoiner()
  t.equal(joiner.text('a\ud83d'), 'a')
  t.equal(joiner.text(''), '')
  t.equal(joiner.text('\ude00b'), '😀b')
  t.equal(joiner.bytes(Uint8Array.of(0x63, 0xf0, 0x9f)), 'c')
  t.equal(joiner.bytes(Uint8Array.of(0x98, 0x80)), '😀')
})

t.test('gives an incomplete character at the end, once', async t => {
  const bytes = new TextJoiner()
  t.equal(bytes.bytes(Uint8Array.of(0xf0, 0x9f)), '')
  t.equal(bytes.rest(), '\ufffd')
  t.equal(bytes.rest(), '')
  const text = new TextJoiner()
  t.equal(text.text('\ud83d'), '')
  t.equal(text.rest(), '\ud83d')
  t.equal(text.rest(), '')
})
