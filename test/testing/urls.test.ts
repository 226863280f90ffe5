import t, { type Test } from 'tap'
import { injectSse } from '../../testing/index.js'
import { build } from '../helpers/server.js'

/** An app that tells what it was asked, and whose streams are followed at their own URL. */
function told(t: Test) {
  const { app } = build(t)
  app.post('/*', ({ url }, reply) => reply.header('x-stream-id', 'a/b').sseFrom([url]))
  app.get('/*', ({ url }, reply) => reply.sseFrom([url]))
  return app
}

t.test('a query is added to that of the URL, and never to its fragment', async t => {
  const app = told(t)
  const query = { a: '1 2', b: '#&' }
  const added = 'a=1+2&b=%23%26'
  for (const [url, expected] of [
    ['/s', `/s?${added}`],
    ['/s?', `/s?${added}`],
    ['/s?c', `/s?c&${added}`],
    ['/s?c=d&', `/s?c=d&${added}`],
    ['/s?c=?', `/s?c=?&${added}`],
    ['/s#f', `/s?${added}`],
    ['/s#f?g', `/s?${added}`],
    ['/s?c=d#f?g#h', `/s?c=d&${added}`],
    ['/#', `/?${added}`],
    ['http://localhost/s#f', `http://localhost/s?${added}`]
  ] as const) {
    t.equal(await (await injectSse(app, { url, query })).text(), expected, url)
  }
  for (const [url, expected] of [
    ['/s', '/s'],
    ['/s?', '/s?'],
    ['/s?c=d#f', '/s?c=d'],
    ['/s#f?g', '/s']
  ] as const) {
    t.equal(await (await injectSse(app, { url, query: {} })).text(), expected, `${url} without a query`)
  }
})

t.test('a stream that a POST has begun is followed at its own URL, with the whole query', async t => {
  const app = told(t)
  for (const [url, expected] of [
    ['/s', '/s/a%2Fb?q=1'],
    ['/s/', '/s/a%2Fb?q=1'],
    ['/', '/a%2Fb?q=1'],
    ['/s?c=d?e', '/s/a%2Fb?c=d?e&q=1'],
    ['/s/?c=/', '/s/a%2Fb?c=/&q=1'],
    ['/s#f/?g', '/s/a%2Fb?q=1']
  ] as const) {
    const stream = await injectSse(app, { url, method: 'POST', query: { q: '1' } })
    await stream.events()
    t.equal(await (await stream.reconnect({ lastEventId: undefined })).text(), expected, url)
  }
})
