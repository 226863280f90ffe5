import { DiagLogLevel, diag, type Meter, type Tracer } from '@opentelemetry/api'
import t, { type Test } from 'tap'
import { type ObserveOptions, observe } from '../../otel/index.js'
import { injectSse } from '../../testing/index.js'
import { build } from '../helpers/server.js'
import { telemetry } from '../helpers/telemetry.js'

/** Streams an answer while an app observes it, and tells what was logged. */
async function answer(t: Test) {
  const { app, log } = build(t)
  app.after(() => void app.get('/', (_request, reply) => reply.sseFrom(['a'])))
  const stream = await injectSse(app, '/')
  t.strictSame(await stream.text(), 'a')
  return log.filter(({ level }) => level === 50).map(({ msg }) => msg)
}

const throwing = (thrown: unknown) => () => {
  throw typeof thrown === 'string' ? new Error(thrown) : thrown
}

const descriptions: [string, (generation: object) => unknown, RegExp][] = [
  ['throws', throwing('no names'), /Error: no names/],
  ['rejects', async () => throwing('too late')(), /an object, not a promise/],
  ['gives nothing', () => undefined, /TypeError/],
  ['gives null', () => null, /TypeError/],
  [
    'has a getter that throws',
    () => Object.defineProperty({}, 'model', { get: throwing('no model') }),
    /Error: no model/
  ],
  ['gives a symbol', () => ({ model: Symbol('m') }), /model must be a string/],
  ['gives an object', () => ({ provider: {} }), /provider must be a string/],
  ['gives a number', () => ({ operation: 5 }), /operation must be a string/],
  ['throws what has no words', throwing(Object.create(null)), /cannot be shown/]
]

for (const [what, describe, words] of descriptions) {
  t.test(`a describe that ${what} costs a generation its names only`, async t => {
    const seen = telemetry(t, { describe } as ObserveOptions)
    t.match(await answer(t), [new RegExp(`^describe has failed.*${words.source}`)])
    t.equal(await seen.total('sse.generations', { 'gen_ai.operation.name': 'chat', 'sse.outcome': 'complete' }), 1)
  })
}

const quiet = { add() {}, record() {} }
const meters = (instrument: object) => ({
  getMeter: () =>
    ({
      createHistogram: () => instrument,
      createCounter: () => instrument,
      createUpDownCounter: () => instrument
    }) as unknown as Meter
})
const tracers = (startSpan: () => object) => ({ getTracer: () => ({ startSpan }) as unknown as Tracer })
const span = { setAttributes() {}, setStatus() {}, end() {} }

const providers: [string, ObserveOptions][] = [
  ['a meter', { meterProvider: meters({ add: throwing('broken'), record: throwing('broken') }) }],
  ['a tracer', { meterProvider: meters(quiet), tracerProvider: tracers(throwing('broken') as () => object) }],
  [
    'a span',
    { meterProvider: meters(quiet), tracerProvider: tracers(() => ({ ...span, setAttributes: throwing('broken') })) }
  ],
  [
    'the end of a span',
    { meterProvider: meters(quiet), tracerProvider: tracers(() => ({ ...span, end: throwing('broken') })) }
  ]
]

for (const [what, options] of providers) {
  t.test(`${what} that throws is told to the log of OpenTelemetry, and the answer goes on`, async t => {
    const told: string[] = []
    const log = (words: string) => void told.push(words)
    diag.setLogger({ error: log, warn: log, info: log, debug: log, verbose: log }, DiagLogLevel.ERROR)
    t.teardown(() => diag.disable())
    t.teardown(observe(options))
    t.strictSame(await answer(t), [])
    t.match(told[0], /^fastify-sse-from: \S+ could not be measured: Error: broken$/)
  })
}
