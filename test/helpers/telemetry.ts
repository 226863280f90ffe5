import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import type { Test } from 'tap'
import { type ObserveOptions, observe } from '../../otel/index.js'

/** A number of OpenTelemetry: a sum, or what a histogram has counted. */
export interface Point {
  readonly attributes: Readonly<Record<string, unknown>>
  /** The value of a sum, or the sum of a histogram. */
  readonly value: number
  /** How many values a histogram has. */
  readonly count: number | undefined
}

/** Longer than any test. Milliseconds. */
const NEVER = 2 ** 31 - 1

/** Observes the plugin with the real SDK, whose exporters keep what they get. It ends with the test. */
export function telemetry(t: Test, options: Pick<ObserveOptions, 'describe'> = {}) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: NEVER, exportTimeoutMillis: 5000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const spans = new InMemorySpanExporter()
  const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const stop = observe({ ...options, meterProvider, tracerProvider })
  t.teardown(async () => {
    stop()
    context.disable()
    await meterProvider.shutdown()
    await tracerProvider.shutdown()
  })

  /** The points of all metrics, by the names of the metrics. */
  async function collect(): Promise<Map<string, Point[]>> {
    exporter.reset()
    await meterProvider.forceFlush()
    const points = new Map<string, Point[]>()
    for (const { scopeMetrics } of exporter.getMetrics()) {
      for (const { descriptor, dataPointType, dataPoints } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
        const isHistogram = dataPointType === DataPointType.HISTOGRAM
        const read = dataPoints.map(({ attributes, value }) => {
          if (typeof value === 'number') return { attributes, value, count: undefined }
          return { attributes, value: value.sum ?? 0, count: isHistogram ? value.count : undefined }
        })
        points.set(descriptor.name, read)
      }
    }
    return points
  }

  /** The points of one metric. */
  const points = async (name: string): Promise<Point[]> => (await collect()).get(name) ?? []

  return {
    stop,
    collect,
    points,
    tracer: tracerProvider.getTracer('test'),
    /** The sum of a metric over all attributes, or of the points that have some of them. */
    async total(name: string, having: Record<string, unknown> = {}): Promise<number> {
      const matching = (await points(name)).filter(({ attributes }) =>
        Object.entries(having).every(([key, value]) => attributes[key] === value)
      )
      return matching.reduce((sum, { value }) => sum + value, 0)
    },
    spans: () => spans.getFinishedSpans()
  }
}
