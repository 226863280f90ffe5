import { context, trace } from '@opentelemetry/api'
import type { InMemorySpanExporter } from '@opentelemetry/sdk-trace-node'
import client from 'prom-client'
import { startApp } from '../../helpers/app-process.js'
import { fetchAll } from '../../helpers/client.js'
import { until } from '../../helpers/until.js'
import type { Checks } from '../check.js'

/** Asks for metrics until they have a line. */
async function untilShown(url: string, line: string | RegExp): Promise<string> {
  let text = ''
  await until(`${line} is shown`, async () => {
    text = (await fetchAll(`${url}/metrics`)).text()
    return typeof line === 'string' ? text.includes(line) : line.test(text)
  })
  return text
}

export const telemetry: Checks = {
  Prometheus: async (t, program) => {
    const url = await program.serve(t)
    t.match((await fetchAll(`${url}/hello`)).text(), 'data: Hello')
    const text = await untilShown(url, /^gen_ai_server_request_duration_count\{/m)
    t.match(text, /^gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="input"[^}]*\} 3$/m)
    t.match(text, /^gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="output"[^}]*\} 2$/m)
    t.match(text, /^sse_generation_client_wait_total\{[^}]*gen_ai_request_model="gpt-5-mini"[^}]*\} 0$/m)
    t.match(text, /^sse_stream_events_total\{[^}]*http_route="\/hello"[^}]*\} 2$/m)
  },

  'With prom-client': async (t, program) => {
    t.teardown(() => client.register.clear())
    const url = await program.serve(t)
    await fetchAll(`${url}/hello`)
    const text = await untilShown(url, 'sse_streams_closed{')
    t.match(text, 'sse_streams_closed{route="/hello",outcome="complete"} 1\n')
    t.match(text, 'sse_streams_active{route="/hello"} 0\n')
    t.match(text, 'sse_time_to_first_event_seconds_count 1\n')
    t.match(text, 'http_request_duration_seconds_count', 'beside those of fastify-metrics')
  },

  'With @fastify/otel': async (t, program) => {
    t.teardown(() => {
      trace.disable()
      context.disable()
    })
    const names = 'app, exporter'
    const { app, exporter } = await program.load<{ app: import('fastify').FastifyInstance; exporter: unknown }>(names)
    t.teardown(() => app.close())
    await fetchAll(`${app.listeningOrigin}/hello`)
    const spans = () => (exporter as InMemorySpanExporter).getFinishedSpans()
    await until('the request has a span', () => spans().some(({ name }) => name === 'request'))
    const [chat] = spans().filter(({ name }) => name === 'chat')
    const request = spans().find(({ name }) => name === 'request')
    t.equal(chat?.spanContext().traceId, request?.spanContext().traceId, 'they are in one trace')
    const above = spans().find(span => span.spanContext().spanId === chat?.parentSpanContext?.spanId)
    t.ok(above, 'below a span of the request')
    t.match(chat?.attributes, { 'sse.outcome': 'complete', 'http.route': '/hello' })
  },

  'The server that npm start runs': async (t, program) => {
    t.strictSame(program.commands, ['METRICS=1 npm start'])
    const app = await startApp(t, { METRICS: '1', API_KEYS: 'secret' })
    t.equal((await fetchAll(`${app.url}/metrics`)).status, 401)
    const headers = { authorization: 'Bearer secret' }
    await fetchAll(`${app.url}/stream?prompt=hi`, { headers })
    const text = (await fetchAll(`${app.url}/metrics`, { headers })).text()
    t.match(text, /^sse_stream_duration_count\{[^}]*http_route="\/stream"[^}]*sse_outcome="complete"[^}]*\} 1$/m)
    t.match(text, /gen_ai_request_model="demo"/)
  }
}
