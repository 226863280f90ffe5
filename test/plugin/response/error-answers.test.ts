import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import sseFrom from '../../../plugin/index.js'

/** Long enough for everything else that the app has to do. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

type Stream = (reply: FastifyReply) => FastifyReply
type ErrorHandler = (error: Error, request: FastifyRequest, reply: FastifyReply) => unknown

const handlers: Record<string, (stream: Stream) => (request: FastifyRequest, reply: FastifyReply) => unknown> = {
  returns: stream => async (_request, reply) => stream(reply),
  awaits: stream => async (_request, reply) => void (await stream(reply)),
  'returns later': stream => async (_request, reply) => {
    const streamed = stream(reply)
    await turns()
    return streamed
  },
  forgets: stream => async (_request, reply) => void stream(reply),
  'forgets later': stream => async (_request, reply) => {
    stream(reply)
    await turns()
  },
  'is sync': stream => (_request, reply) => stream(reply),
  'is sync and returns nothing': stream => (_request, reply) => void stream(reply)
}

const errorHandlers: Record<string, ErrorHandler | undefined> = {
  default: undefined,
  'sends at once': ({ message }, _request, reply) => void reply.code(501).send({ message }),
  'sends later': ({ message }, _request, reply) => void turns().then(() => reply.code(501).send({ message })),
  'passes on': (error, _request, reply) => void reply.send(error),
  'returns what it passes on': (error, _request, reply) => reply.send(error),
  'gives an object': async ({ message }, _request, reply) => {
    reply.code(501)
    return { message }
  },
  'gives an object later': async ({ message }, _request, reply) => {
    await turns()
    reply.code(501)
    return { message }
  },
  'returns what it sends': async ({ message }, _request, reply) => reply.code(501).send({ message }),
  'returns what it sends later': async ({ message }, _request, reply) => {
    await turns()
    return reply.code(501).send({ message })
  },
  'throws later': async error => {
    await turns()
    throw error
  },
  'gives nothing': async (_error, _request, reply) => void reply.code(501),
  'gives nothing later': async (_error, _request, reply) => {
    await turns()
    reply.code(501)
  }
}

const isStream = (payload: unknown) => payload !== undefined && typeof payload !== 'string'

/** Hooks that fail, and say how. */
const hooks: Record<string, (app: FastifyInstance) => unknown> = {
  'a hook fails': app =>
    app.addHook('onSend', (_request, _reply, payload, done) => {
      if (isStream(payload)) done(new Error('hook'))
      else done()
    }),
  'an async hook fails': app =>
    app.addHook('onSend', async (_request, _reply, payload) => {
      if (isStream(payload)) throw new Error('hook')
      return payload
    }),
  'a hook fails later, and is slow with every answer': app =>
    app.addHook('onSend', async (_request, _reply, payload) => {
      await turns()
      if (isStream(payload)) throw new Error('hook')
      return payload
    }),
  'a hook fails with every answer': app =>
    app.addHook('onSend', async () => {
      throw new Error('hook')
    }),
  'a hook fails later with every answer': app =>
    app.addHook('onSend', async () => {
      await turns()
      throw new Error('hook')
    })
}

async function answerOf(t: Test, setup: (app: FastifyInstance) => unknown): Promise<unknown[]> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  await setup(app)
  const { statusCode, headers, body } = await app.inject('/')
  return [statusCode, headers['content-type'], body]
}

const late = async function* () {
  await turns()
  yield 'Hello'
}

for (const [what, addHook] of Object.entries(hooks)) {
  t.test(`${what}: the answer is that of Fastify, whatever the handler and the error handler are`, async t => {
    for (const [which, errorHandler] of Object.entries(errorHandlers)) {
      // On a route of its own, and for the whole app.
      for (const ofRoute of [false, true]) {
        const setup = (handler: object) => (app: FastifyInstance) => {
          addHook(app)
          if (errorHandler && !ofRoute) app.setErrorHandler(errorHandler)
          app.get('/', { ...(errorHandler && ofRoute ? { errorHandler } : {}) }, handler as never)
        }
        const plain = await answerOf(
          t,
          setup((_request: FastifyRequest, reply: FastifyReply) => reply.send(Readable.from(['Hello'])))
        )
        for (const [how, make] of Object.entries(handlers)) {
          const answer = await answerOf(t, setup(make(reply => reply.sseFrom(late))))
          t.strictSame(answer, plain, `${which}${ofRoute ? ', of the route' : ''}; the handler ${how}`)
        }
      }
    }
  })
}
