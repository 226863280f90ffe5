import type { FastifyInstance, FastifyServerOptions, RouteOptions } from 'fastify'
import * as zodProvider from 'fastify-type-provider-zod'
import t from 'tap'
import { z } from 'zod'
import { Random, seed } from '../../helpers/random.js'
import { checkReadyRoutes, readyApp, refused } from './ready.js'

interface Setting {
  options?: FastifyServerOptions
  setup?: (app: FastifyInstance) => unknown
}

const onRoute = (change: (route: RouteOptions) => void): Setting => ({
  setup: app => app.addHook('onRoute', route => change(route))
})

/** What an app may set for all of its routes, each of a kind that broke a ready route or could. */
const settings: Record<string, Setting> = {
  'the validator compiler of fastify-type-provider-zod': {
    setup: app => app.setValidatorCompiler(zodProvider.validatorCompiler)
  },
  'the serializer compiler of fastify-type-provider-zod': {
    setup: app => app.setSerializerCompiler(zodProvider.serializerCompiler)
  },
  'a validator compiler that refuses everything': {
    setup: app => app.setValidatorCompiler(() => () => ({ error: new Error('refused') }))
  },
  'a validator compiler that replaces what it checks': {
    setup: app => app.setValidatorCompiler(() => () => ({ value: { replaced: true } }))
  },
  'a serializer compiler that throws late': {
    setup: app =>
      app.setSerializerCompiler(() => () => {
        throw new Error('late')
      })
  },
  'a reply serializer': { setup: app => app.setReplySerializer(() => 'nothing') },
  'a schema error formatter': { setup: app => app.setSchemaErrorFormatter(() => new Error('formatted')) },
  'a schema controller with factories': {
    options: {
      schemaController: {
        compilersFactory: {
          buildValidator: () => () => {
            throw new Error('no schema of mine')
          },
          buildSerializer: () => () => {
            throw new Error('no schema of mine')
          }
        }
      }
    }
  },
  'a schema controller with a bucket': {
    options: {
      schemaController: {
        bucket: () => ({ add: () => undefined as never, getSchema: () => {}, getSchemas: () => ({}) })
      }
    }
  },
  'ajv that is strict': {
    options: { ajv: { customOptions: { strict: true, strictSchema: true, strictTypes: true } } }
  },
  'ajv that drops and coerces': {
    options: { ajv: { customOptions: { removeAdditional: 'all', coerceTypes: 'array', useDefaults: true } } }
  },
  'ajv that collects all errors': { options: { ajv: { customOptions: { allErrors: true } } } },
  'a small bodyLimit': { options: { bodyLimit: 10 } },
  'a prototype poisoning policy': { options: { onProtoPoisoning: 'ignore', onConstructorPoisoning: 'ignore' } },
  'no HEAD routes': { options: { exposeHeadRoutes: false } },
  'a JSON parser that gives the raw body': {
    setup: app => {
      app.removeContentTypeParser('application/json')
      app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    }
  },
  'no parsers': { setup: app => app.removeAllContentTypeParsers() },
  'a parser for everything': {
    setup: app => {
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', (_request, payload, done) => {
        payload.resume()
        done(null, 'anything')
      })
    }
  },
  'a query parser': {
    options: { routerOptions: { querystringParser: text => Object.fromEntries(new URLSearchParams(text)) } }
  },
  'attachValidation by a hook': onRoute(route => {
    route.attachValidation = true
  }),
  'routes without a schema by a hook': onRoute(route => {
    delete route.schema
  }),
  'a schema of zod for errors by a hook': onRoute(route => {
    const response = (route.schema?.response ?? {}) as Record<string, unknown>
    route.schema = { ...route.schema, response: { ...response, 400: z.object({ code: z.number() }) } }
  }),
  'other schemas for input by a hook': onRoute(route => {
    route.schema = { ...route.schema, querystring: { required: ['key'] }, params: false }
  }),
  'more documentation by a hook': onRoute(route => {
    Object.assign(route.schema ?? {}, { tags: ['a'], security: [{ key: [] }] })
  })
}

for (const [name, { options, setup = () => {} }] of Object.entries(settings)) {
  t.test(`kind: a setting of the app (${name}) changes no ready route`, async t => {
    const app = await readyApp(t, setup, options)
    await checkReadyRoutes(t, app)
    // What no schema declares, nobody leaves out.
    if (name !== 'routes without a schema by a hook') {
      t.notMatch((await app.inject('/stream?prompt=hi')).body, 'undeclared')
    }
    for (const [request, status, code] of refused) {
      const response = await app.inject(request as object)
      t.equal(response.statusCode, status, `${request.url}: ${response.body}`)
      if (response.body !== 'nothing') t.match(response.json(), { statusCode: status, ...(code && { code }) })
    }
  })
}

t.test(`kind: settings of the app, put together at random, change no ready route (seed ${seed})`, async t => {
  const random = new Random(seed)
  const all = Object.values(settings)
  for (let i = 0; i < 10; i++) {
    const picked = Array.from({ length: 4 }, () => random.pick(all))
    const options = Object.assign({}, ...picked.map(({ options }) => options ?? {}))
    // Some take back what others set, and Fastify refuses to be set twice.
    const setup = (app: FastifyInstance) => {
      for (const { setup } of new Set(picked)) {
        try {
          setup?.(app)
        } catch (error) {
          t.match(error, { code: /^FST_ERR_/ })
        }
      }
    }
    await checkReadyRoutes(t, await readyApp(t, setup, options))
  }
})

t.test('kind: a setting of the app (handlerTimeout) ends no answer of a ready route', async t => {
  const app = await readyApp(t, () => {}, { handlerTimeout: 20 })
  app.register(async own => {
    const { streamRoutes } = await import('../../../routes/index.js')
    await own.register(streamRoutes, {
      prefix: '/slow',
      async *generate() {
        for (let i = 0; i < 4; i++) {
          await new Promise(resolve => setTimeout(resolve, 20))
          yield `${i}`
        }
        return { finishReason: 'stop' }
      }
    })
  })
  for (const accept of ['text/event-stream', 'application/json']) {
    const response = await app.inject({ url: '/slow/stream?prompt=hi', headers: { accept } })
    t.equal(response.statusCode, 200)
    t.match(response.body, /"finishReason":"stop"/)
  }
})

t.test('a schema for headers that a hook adds is checked by the compiler of the app', async t => {
  const key = { type: 'object', required: ['x-key'], properties: { 'x-key': { const: 'a' } } }
  const addKey = onRoute(route => {
    route.schema = { ...route.schema, headers: key }
  })
  const checked = await readyApp(t, app => {
    addKey.setup?.(app)
    app.get('/other', async () => 'a')
  })
  t.equal((await checked.inject('/stream?prompt=hi')).statusCode, 400)
  t.match((await checked.inject('/stream?prompt=hi')).json(), { code: 'FST_ERR_VALIDATION', message: /x-key/ })
  t.equal((await checked.inject({ url: '/stream?prompt=hi', headers: { 'x-key': 'a' } })).statusCode, 200)
  const own = await readyApp(t, app => {
    addKey.setup?.(app)
    app.setValidatorCompiler(() => headers => {
      return (headers as { 'x-key'?: string })['x-key'] === 'a' ? { value: headers } : { error: new Error('no key') }
    })
  })
  t.equal((await own.inject('/stream?prompt=hi')).statusCode, 400)
  t.equal((await own.inject({ url: '/stream?prompt=hi', headers: { 'x-key': 'a' } })).statusCode, 200)
  // Without a compiler nothing passes.
  const none = await readyApp(t, app => void addKey.setup?.(app))
  const response = await none.inject({ url: '/stream?prompt=hi', headers: { 'x-key': 'a' } })
  t.equal(response.statusCode, 500)
  t.match(response.json(), { code: 'FST_SSE_OPTION_INVALID', message: /setValidatorCompiler/ })
})

t.test('the ready routes change nothing for other routes of the app', async t => {
  const app = await readyApp(t, app => {
    app.removeContentTypeParser('application/json')
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, { body }))
  })
  const querystring = { type: 'object', properties: { a: { type: 'integer' } } }
  const response = { 200: { type: 'object', properties: { body: {}, a: { type: 'integer' } } } }
  app.post('/own', { schema: { querystring, response } }, async ({ body, query }) => {
    return { ...(body as object), ...(query as object), undeclared: 1 }
  })
  const { body } = await app.inject({ method: 'POST', url: '/own?a=5', body: { b: 1 } })
  t.same(JSON.parse(body), { body: '{"b":1}', a: 5 })
})
