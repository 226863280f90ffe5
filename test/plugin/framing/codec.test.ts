import t from 'tap'
import { plainCodec } from '../../../plugin/framing/codec.js'

t.test('makes JSON of a return value that is text or bytes', async t => {
  t.equal(plainCodec.result('a "b"'), '"a \\"b\\""')
  t.equal(plainCodec.result(new TextEncoder().encode('é')), '"é"')
  t.equal(plainCodec.result(Uint8Array.of(0x41).buffer), '"A"')
})

t.test('leaves another return value as it is', async t => {
  const value = { usage: 7 }
  t.equal(plainCodec.result(value), value)
  t.equal(plainCodec.result(undefined), undefined)
})
