import type { Attributes } from '@opentelemetry/api'
import type {
  GenerationFinishMessage,
  GenerationStartMessage,
  GenerationSummary,
  ObservedGeneration
} from '../plugin/index.js'
import type { Descriptions } from './describe.js'
import { listenGuarded } from './guard.js'
import type { Instruments } from './instruments.js'
import { type FewValues, kindOf } from './labels.js'
import { attributes } from './names.js'
import type { OpenSpan, Spans } from './spans.js'
import { tokensIn } from './tokens.js'

interface Open {
  readonly described: Attributes
  readonly span: OpenSpan
}

/** Measures the runs of sources, and makes a span of each. */
export class GenerationMetrics {
  readonly #instruments: Instruments
  readonly #descriptions: Descriptions
  readonly #spans: Spans
  readonly #errors: FewValues
  /** The runs that have started since it listens. */
  readonly #open = new Map<ObservedGeneration, Open>()

  constructor(instruments: Instruments, descriptions: Descriptions, spans: Spans, errors: FewValues) {
    this.#instruments = instruments
    this.#descriptions = descriptions
    this.#spans = spans
    this.#errors = errors
  }

  /** @returns the functions that end it */
  listen(): (() => void)[] {
    return [
      listenGuarded('generation.start', message => this.#onStart(message)),
      listenGuarded('generation.finish', message => this.#onFinish(message)),
      () => this.#forget()
    ]
  }

  #onStart({ generation }: GenerationStartMessage): void {
    const described = this.#descriptions.ofGeneration(generation)
    this.#open.set(generation, { described, span: this.#spans.start(described) })
    this.#instruments.activeGenerations.add(1, described)
  }

  #onFinish({ generation, summary }: GenerationFinishMessage): void {
    const open = this.#open.get(generation)
    // What had started before is not counted.
    if (open === undefined) return
    this.#open.delete(generation)
    this.#instruments.activeGenerations.add(-1, open.described)
    const { outcome, reason, error } = summary
    const end = {
      [attributes.outcome]: outcome,
      ...(error !== undefined && { [attributes.errorType]: this.#errors.of(kindOf(error)) })
    }
    this.#record(open.described, end, summary)
    const why = reason === undefined ? {} : { [attributes.reason]: reason }
    this.#instruments.generations.add(1, { ...open.described, ...end, ...why })
    open.span.end(summary, { ...end, ...why })
  }

  #record(described: Attributes, end: Attributes, summary: GenerationSummary): void {
    const { duration, timeToFirstEvent, waited, unread, usage, outcome } = summary
    const { input, output } = tokensIn(usage)
    const all = this.#instruments
    all.operationDuration.record(duration / 1000, { ...described, ...end })
    if (timeToFirstEvent !== undefined) all.timeToFirstChunk.record(timeToFirstEvent / 1000, described)
    if (input !== undefined) all.tokenUsage.record(input, { ...described, [attributes.tokenType]: 'input' })
    if (output !== undefined) all.tokenUsage.record(output, { ...described, [attributes.tokenType]: 'output' })
    if (outcome === 'complete' && timeToFirstEvent !== undefined && output !== undefined && output > 1) {
      const time = Math.max(0, duration - timeToFirstEvent - waited)
      all.timePerOutputToken.record(time / (output - 1) / 1000, described)
    }
    all.generationWait.add(waited / 1000, described)
    all.unreadEvents.add(unread.events, described)
    all.unreadBytes.add(unread.bytes, described)
  }

  /** Takes back what is counted as running, since nobody will tell of its end. */
  #forget(): void {
    for (const { described, span } of this.#open.values()) {
      this.#instruments.activeGenerations.add(-1, described)
      span.abandon()
    }
    this.#open.clear()
  }
}
