import { type Attributes, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { GenerationSummary } from '../plugin/index.js'
import { attributes, spanAttributes } from './names.js'
import { tokensIn } from './tokens.js'

/** The span of a generation that runs. */
export interface OpenSpan {
  /** Ends it when the generation has ended. @param end how, as attributes */
  end(summary: GenerationSummary, end: Attributes): void
  /** Ends it without an outcome. */
  abandon(): void
}

/** Makes a span for each generation. */
export class Spans {
  readonly #tracer: Tracer

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  /** Starts a span below that of the request, in whose context this is called. */
  start(described: Attributes): OpenSpan {
    const operation = described[attributes.operation]
    const model = described[attributes.model]
    const startTime = Date.now()
    const span = this.#tracer.startSpan(model === undefined ? `${operation}` : `${operation} ${model}`, {
      kind: SpanKind.INTERNAL,
      attributes: described,
      startTime
    })
    return {
      end(summary, end) {
        span.setAttributes({ ...end, ...measured(summary) })
        // No message: that of a provider's error may hold anything.
        if (summary.outcome === 'error') span.setStatus({ code: SpanStatusCode.ERROR })
        span.end(startTime + summary.duration)
      },
      abandon: () => span.end()
    }
  }
}

function measured({ usage, timeToFirstEvent, events, unread, waited }: GenerationSummary): Attributes {
  const { input, output } = tokensIn(usage)
  return {
    ...(input !== undefined && { [spanAttributes.inputTokens]: input }),
    ...(output !== undefined && { [spanAttributes.outputTokens]: output }),
    ...(timeToFirstEvent !== undefined && { [spanAttributes.timeToFirstChunk]: timeToFirstEvent / 1000 }),
    [spanAttributes.events]: events,
    [spanAttributes.unread]: unread.events,
    [spanAttributes.waited]: waited / 1000
  }
}
