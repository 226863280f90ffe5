import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { FastifyInstance } from 'fastify'
import { observe } from '../otel/index.js'
import { apiKeyGuard } from '../routes/index.js'

/** The text format of Prometheus. */
const TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * What the streams of this process do, at `/metrics`, for Prometheus.
 *
 * @param options.keys one of which is asked for; none if there are none
 */
export async function metrics(app: FastifyInstance, { keys }: { keys: readonly string[] }): Promise<void> {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meterProvider = new MeterProvider({ readers: [exporter] })
  const serializer = new PrometheusSerializer()
  const stop = observe({ meterProvider })
  app.addHook('onClose', async () => {
    stop()
    await meterProvider.shutdown()
  })
  if (keys.length > 0) app.addHook('onRequest', apiKeyGuard({ keys }))
  app.get('/metrics', { schema: { hide: true }, logLevel: 'warn' }, async (_request, reply) => {
    const { resourceMetrics } = await exporter.collect()
    return reply.type(TYPE).send(serializer.serialize(resourceMetrics))
  })
}
