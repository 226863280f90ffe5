import { join } from 'node:path'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import { build } from 'esbuild'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { SseStream } from '../../../client/index.js'
import type { SourceContext } from '../../../plugin/index.js'
import { startChromium, visit } from '../../helpers/chromium.js'
import { pageOf, root, type Snippet } from '../../helpers/markdown.js'
import { serve } from '../../helpers/server.js'
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
    const page = await pageWithClient(t)
    const { app } = await program.load<{ app: FastifyInstance }>('app', code =>
      code.replace('https://app.example', page.origin)
    )
    t.teardown(() => app.close())
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const ask = (url: string) => page.evaluate(askAndStop, url)

    t.match(await ask(`${url}/chat`), {
      texts: ['Hello'],
      id: /^[\w-]{22}$/,
      stopped: true,
      isStopped: true,
      followed: 'stopped'
    })

    t.test('with less, stop() says that it could not ask', async t => {
      for (const [options, code] of [
        [{ origin: true, methods: ['GET', 'POST'], exposedHeaders: ['x-stream-id'] }, 'SSE_UNREACHABLE'],
        [{ origin: true, methods: ['GET', 'POST', 'DELETE'] }, 'SSE_ID_UNKNOWN']
      ] as [FastifyCorsOptions, string][]) {
        const { url } = await serve(t, async app => {
          await app.register(cors, options)
          app.post('/chat', (_request, reply) => reply.sseFrom(endless, { resumable: true }))
        })
        t.match(await ask(`${url}/chat`), { texts: ['Hello'], stopped: false, code })
      }
    })
  }
}

async function* endless({ signal }: SourceContext) {
  yield 'Hello'
  await new Promise(resolve => signal.addEventListener('abort', resolve))
}

/** Opens a page in Chromium, of a server of its own, that has the client as `sse`. */
async function pageWithClient(t: Test) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'client/index.ts')],
    bundle: true,
    format: 'iife',
    globalName: 'sse',
    write: false
  })
  const script = outputFiles[0]?.text
  const { url: origin } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.type('text/html').send('<script src="/client.js"></script>'))
    app.get('/client.js', (_request, reply) => reply.type('text/javascript').send(script))
  })
  const { page } = await visit(t, await startChromium(t), origin)
  return { origin, evaluate: page.evaluate.bind(page) as typeof page.evaluate }
}

/** Runs in the page: asks, stops at the first event, and follows what was stopped. */
async function askAndStop(url: string) {
  const { openStream } = (globalThis as unknown as { sse: typeof import('../../../client/index.js') }).sse
  const stream = openStream(url, { body: { prompt: 'hi' }, headers: { authorization: 'me' } })
  const texts: unknown[] = []
  let stopped: boolean | undefined
  for await (const { data } of stream) {
    texts.push(data)
    stopped = await stream.stop()
  }
  const { id, stopError } = stream
  let followed: string | undefined
  if (stopped) for await (const { event } of openStream(url, { resume: id as string })) followed = event
  return { texts, id, stopped, isStopped: stream.stopped, code: stopError?.code, followed }
}
