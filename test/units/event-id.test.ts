import t from 'tap'
import { END_ID, lastEventIdOf } from '../../plugin/end-mark.js'
import { encodeData, formatEvent } from '../../plugin/event.js'
import { parseEvents } from '../helpers/client.js'

/** What Node makes of a header that a client sends as UTF-8. */
function asHeader(id: string): string {
  return Buffer.from(id).toString('latin1')
}

t.test('the id of a last event comes back from a client as it was sent', async t => {
  const [event] = parseEvents(formatEvent({ id: END_ID, data: 'a' }, encodeData))
  t.equal(event?.id, END_ID)
  t.equal(lastEventIdOf({ 'last-event-id': asHeader(END_ID) }), END_ID)
  t.match(END_ID, /^[\x21-\x7e]+$/, 'it is a header value that every proxy passes on')
})

t.test('reads an id as the UTF-8 that it is', async t => {
  for (const id of ['7', '0', 'é', '日本', '😀', 'a b', 'a,b', '%20', '\u0080\u009f']) {
    t.equal(lastEventIdOf({ 'last-event-id': asHeader(id) }), id)
  }
})

t.test('reads what is no UTF-8 as U+FFFD', async t => {
  t.equal(lastEventIdOf({ 'last-event-id': 'a\xff' }), 'a\ufffd')
})

t.test('takes an empty or missing id for none', async t => {
  t.equal(lastEventIdOf({}), undefined)
  t.equal(lastEventIdOf({ 'last-event-id': undefined }), undefined)
  t.equal(lastEventIdOf({ 'last-event-id': '' }), undefined)
  t.equal(lastEventIdOf({ 'last-event-id': ['a', 'b'] }), undefined)
})
