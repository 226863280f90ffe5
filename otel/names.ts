/**
 * The names of all metrics, spans and attributes.
 *
 * Those that begin with `gen_ai` are of the OpenTelemetry semantic conventions for generative AI, which are still in
 * development. Those that begin with `sse` are the plugin's own.
 */

/** The name of the meter and of the tracer. */
export const SCOPE = 'fastify-sse-from'

/** What a value is replaced by when there are too many others. */
export const OTHER = '_OTHER'

/** What a generation does, unless `describe` says otherwise. */
export const DEFAULT_OPERATION = 'chat'

/** The attributes of metrics and spans. */
export const attributes = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  tokenType: 'gen_ai.token.type',
  errorType: 'error.type',
  route: 'http.route',
  outcome: 'sse.outcome',
  reason: 'sse.abort.reason',
  resumedFrom: 'sse.resume.from',
  storeOperation: 'sse.store.operation'
} as const

/** The attributes that only spans have. */
export const spanAttributes = {
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  events: 'sse.generation.events',
  unread: 'sse.generation.unread_events',
  waited: 'sse.generation.client_wait'
} as const

/** The boundaries that the conventions name for the histograms. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const TO_FIRST = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const PER_TOKEN = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5]
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power)

/** What a metric does: a `gauge` goes up and down. */
export type MetricKind = 'histogram' | 'counter' | 'gauge'

/** A metric: what it is called, its unit, and what it tells. */
export interface MetricName<Kind extends MetricKind = MetricKind> {
  readonly kind: Kind
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly boundaries?: number[]
}

function histogram(name: string, unit: string, boundaries: number[], description: string): MetricName<'histogram'> {
  return { kind: 'histogram', name, unit, description, boundaries }
}

function counter(name: string, unit: string, description: string): MetricName<'counter'> {
  return { kind: 'counter', name, unit, description }
}

function gauge(name: string, unit: string, description: string): MetricName<'gauge'> {
  return { kind: 'gauge', name, unit, description }
}

/** The metrics. */
export const metrics = {
  operationDuration: histogram(
    'gen_ai.client.operation.duration',
    's',
    SECONDS,
    'Time from the start of a source to its end.'
  ),
  timeToFirstChunk: histogram(
    'gen_ai.client.operation.time_to_first_chunk',
    's',
    TO_FIRST,
    'Time from the start of a source to its first event.'
  ),
  tokenUsage: histogram(
    'gen_ai.client.token.usage',
    '{token}',
    TOKENS,
    'Tokens of a prompt and of an answer, as the source reports them.'
  ),
  requestDuration: histogram(
    'gen_ai.server.request.duration',
    's',
    SECONDS,
    'Time from the call of reply.sseFrom to the end of the response.'
  ),
  timeToFirstToken: histogram(
    'gen_ai.server.time_to_first_token',
    's',
    TO_FIRST,
    'Time from the call of reply.sseFrom to the first event.'
  ),
  timePerOutputToken: histogram(
    'gen_ai.server.time_per_output_token',
    's',
    PER_TOKEN,
    'Time for each token of a complete answer after the first one, without the time that its clients took.'
  ),
  activeStreams: gauge('sse.streams.active', '{stream}', 'Open responses with a stream.'),
  waitingStreams: gauge('sse.streams.waiting', '{stream}', 'Open responses that wait for their clients.'),
  activeGenerations: gauge('sse.generations.active', '{generation}', 'Runs of sources.'),
  streamDuration: histogram('sse.stream.duration', 's', SECONDS, 'Time of a response with a stream, by its outcome.'),
  streamEvents: counter('sse.stream.events', '{event}', 'Events of sources that responses have sent.'),
  streamBytes: counter('sse.stream.io', 'By', 'Bytes that responses have sent.'),
  streamWait: counter('sse.stream.client_wait', 's', 'Time that responses have waited for their clients.'),
  resumes: counter('sse.stream.resumes', '{resume}', 'Responses with a stream that was there before.'),
  generations: counter('sse.generations', '{generation}', 'Runs of sources that have ended, by outcome and reason.'),
  generationWait: counter('sse.generation.client_wait', 's', 'Time that sources have waited for slow clients.'),
  unreadEvents: counter('sse.generation.unread.events', '{event}', 'Events of sources that nobody has read.'),
  unreadBytes: counter('sse.generation.unread.io', 'By', 'Bytes of the events that nobody has read.'),
  refusals: counter('sse.refusals', '{refusal}', 'Streams that a limit has refused.'),
  storeFailures: counter('sse.store.failures', '{failure}', 'Failed calls of the event store.')
} satisfies Record<string, MetricName>
