import type { SseStream } from '../../../client/index.js'
import { pageOf, type Snippet } from '../../helpers/markdown.js'
import type { Checks } from '../check.js'

const server = pageOf('docs/routes.md').snippets.find(({ name }) => name === 'streamRoutes') as Snippet

/** A program of the page, that asks a server at this URL. */
function against(url: string) {
  return (code: string) => code.replace('http://localhost:3000', url)
}

export const client: Checks = {
  'The client': async (t, program) => {
    const url = await program.other(server).serve(t)
    const logged = t.capture(console, 'log', () => {})
    const { text, stream } = await program.load<{ text: string; stream: SseStream }>('text, stream', against(url))
    t.equal(text, 'You said: hi ')
    t.match(stream, { complete: true, reconnects: 0, id: /^[\w-]{22}$/ })
    t.strictSame(logged.args(), [['You said: hi ', 'stop']])
  },

  'The stream': async (t, program) => {
    const url = await program.other(server).serve(t)
    const logged = t.capture(console, 'log', () => {})
    const { first, again } = await program.load<{ first: SseStream; again: SseStream }>('first, again', against(url))
    t.strictSame(logged.args(), [['You said: hi ']])
    t.equal(first.complete, false)
    t.match(again, { complete: true, id: first.id })
  },

  'From another origin': async (t, program) => {
    const app = await program.app(t)
    const origin = 'https://app.example'
    for (const [method, url] of [
      ['POST', '/stream'],
      ['DELETE', `/stream/${'a'.repeat(22)}`]
    ] as const) {
      const headers = {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,last-event-id'
      }
      const preflight = await app.inject({ method: 'OPTIONS', url, headers })
      t.equal(preflight.statusCode, 204)
      t.equal(preflight.headers['access-control-allow-origin'], origin)
      t.match(preflight.headers['access-control-allow-methods'], method)
      t.match(preflight.headers['access-control-allow-headers'], /content-type, ?last-event-id/)
    }
    const answer = await app.inject({ url: '/stream?prompt=hi', headers: { origin } })
    t.match(answer.headers['access-control-expose-headers'], /^x-stream-id, retry-after,/)
    t.match(answer.headers['x-stream-id'], /^[\w-]{22}$/)
    t.match(answer.body, 'data: Hello\n\n')
  }
}
