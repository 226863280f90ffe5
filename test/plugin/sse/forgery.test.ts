import t from 'tap'
import { sourceServer } from '../../helpers/source-server.js'

/** Text that a prompt may trick a model into writing, to make clients see events that the server never sent. */
const forgeries = [
  '\n\ndata: forged',
  'a\n\ndata: forged\n\n',
  '\r\rdata: forged\r\r',
  '\r\n\r\ndata: forged\r\n\r\n',
  '\nevent: done',
  '\revent: done\rdata: {}\r\r',
  '\nid: forged',
  '\nretry: 0',
  '\n: forged',
  '\n\nevent: error\ndata: {"statusCode":401}\n\n',
  '\u2028event: done\u2029',
  'event: done\n',
  'data: forged'
]

/** Replaces all line ends by LF. */
function unified(text: string): string {
  return text.split('\r\n').join('\n').split('\r').join('\n')
}

t.test('text that looks like events stays inside its own event', async t => {
  const ask = sourceServer(t)
  const { events } = await ask(forgeries, { end: false })
  t.same(
    events,
    forgeries.map(text => ({ event: undefined, id: undefined, data: unified(text) }))
  )
})

t.test('also if it comes character by character', async t => {
  const ask = sourceServer(t)
  for (const text of forgeries) {
    const { events } = await ask([...text], { end: false })
    t.same(
      events,
      [...text].map(char => ({ event: undefined, id: undefined, data: unified(char) })),
      encodeURI(text)
    )
  }
})

t.test('also if it comes as bytes', async t => {
  const ask = sourceServer(t)
  const { events } = await ask(
    forgeries.map(text => Buffer.from(text)),
    { end: false }
  )
  t.same(
    events,
    forgeries.map(text => ({ event: undefined, id: undefined, data: unified(text) }))
  )
})

t.test('a comment stays a comment', async t => {
  const ask = sourceServer(t)
  const { events, text } = await ask(
    forgeries.map(comment => ({ comment })),
    { end: false }
  )
  t.same(events, [])
  t.same(
    text.split('\n').filter(line => line !== '' && !line.startsWith(': ')),
    []
  )
})

t.test('the return value stays inside the last event', async t => {
  const ask = sourceServer(t)
  for (const text of forgeries) {
    const { events } = await ask(
      // biome-ignore lint/correctness/useYield: the generator only returns
      (function* () {
        return text
      })()
    )
    t.match(events, [{ event: 'done', data: JSON.stringify(text) }])
    t.equal(events.length, 1)
  }
})

t.test('an error message stays inside the error event', async t => {
  const ask = sourceServer(t)
  for (const message of forgeries) {
    const { events } = await ask(
      (function* () {
        yield 'a'
        throw Object.assign(new Error(message), { statusCode: 422, code: message })
      })()
    )
    t.equal(events.length, 2)
    t.equal(events[1]?.event, 'error')
    t.same(JSON.parse(events[1]?.data ?? ''), { statusCode: 422, code: message, message })
  }
})
