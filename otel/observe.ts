import { type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { type Describe, Descriptions } from './describe.js'
import { GenerationMetrics } from './generation-metrics.js'
import { listenGuarded } from './guard.js'
import { makeInstruments } from './instruments.js'
import { FewValues, kindOf } from './labels.js'
import { attributes, SCOPE } from './names.js'
import { Spans } from './spans.js'
import { StreamMetrics } from './stream-metrics.js'

/** The options of `observe`. */
export interface ObserveOptions {
  /** Where the metrics go. Default: the global one, of when `observe` is called. */
  meterProvider?: MeterProvider | undefined
  /** Where the spans go. Default: the global one. */
  tracerProvider?: TracerProvider | undefined
  /**
   * Names the provider, the model and the operation of a generation. Called when it starts. Give names of your own, not
   * what a client has asked for. If it fails, that is logged, and the generation has no names. Default: the `provider`
   * and `model` of the `generate` of a ready route.
   */
  describe?: Describe | undefined
}

/**
 * Measures what the plugin does in this process, and makes a span of each generation: OpenTelemetry, with the names of
 * its semantic conventions for generative AI where these have names.
 *
 * @example
 * ```ts
 * const stop = observe({ describe: () => ({ provider: 'openai', model: 'gpt-5-mini' }) })
 * app.addHook('onClose', async () => stop())
 * ```
 *
 * @returns a function that ends it. Further calls do nothing
 */
export function observe(options: ObserveOptions = {}): () => void {
  const { meterProvider = metrics, tracerProvider = trace, describe = generation => generation } = options
  const instruments = makeInstruments(meterProvider.getMeter(SCOPE))
  const descriptions = new Descriptions(describe)
  const errors = new FewValues()
  const streams = new StreamMetrics(instruments, descriptions, errors)
  const spans = new Spans(tracerProvider.getTracer(SCOPE))
  const generations = new GenerationMetrics(instruments, descriptions, spans, errors)
  const ends = [
    ...streams.listen(),
    ...generations.listen(),
    listenGuarded('refusal', ({ error }) => instruments.refusals.add(1, { [attributes.errorType]: error.code })),
    listenGuarded('store.failure', ({ operation, error }) => {
      const type = { [attributes.errorType]: errors.of(kindOf(error)) }
      instruments.storeFailures.add(1, { [attributes.storeOperation]: operation, ...type })
    })
  ]
  return () => {
    for (const end of ends.splice(0)) end()
  }
}
