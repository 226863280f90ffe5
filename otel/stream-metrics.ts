import type { Attributes } from '@opentelemetry/api'
import type {
  ObservedStream,
  StreamCloseMessage,
  StreamFirstEventMessage,
  StreamMessage,
  StreamResumeMessage
} from '../plugin/index.js'
import type { Descriptions } from './describe.js'
import { listenGuarded } from './guard.js'
import type { Instruments } from './instruments.js'
import { type FewValues, kindOf } from './labels.js'
import { attributes } from './names.js'

/** Measures the responses with streams, whoever follows what. */
export class StreamMetrics {
  readonly #instruments: Instruments
  readonly #descriptions: Descriptions
  readonly #errors: FewValues
  /** The open streams, by whether they wait for their clients. Those that were open before are not counted. */
  readonly #open = new Map<ObservedStream, { isWaiting: boolean; readonly route: Attributes }>()

  constructor(instruments: Instruments, descriptions: Descriptions, errors: FewValues) {
    this.#instruments = instruments
    this.#descriptions = descriptions
    this.#errors = errors
  }

  /** @returns the functions that end it */
  listen(): (() => void)[] {
    return [
      listenGuarded('stream.open', message => this.#onOpen(message)),
      listenGuarded('stream.first-event', message => this.#onFirstEvent(message)),
      listenGuarded('stream.wait', message => this.#setWaiting(message, true)),
      listenGuarded('stream.drain', message => this.#setWaiting(message, false)),
      listenGuarded('stream.resume', message => this.#onResume(message)),
      listenGuarded('stream.close', message => this.#onClose(message)),
      () => this.#forget()
    ]
  }

  #onOpen({ stream }: StreamMessage): void {
    const route = this.#descriptions.ofRoute(stream.request)
    this.#open.set(stream, { isWaiting: false, route })
    this.#instruments.activeStreams.add(1, route)
  }

  #onFirstEvent({ stream, timeToFirstEvent }: StreamFirstEventMessage): void {
    const described = this.#descriptions.ofRequest(stream.request)
    if (described !== undefined) this.#instruments.timeToFirstToken.record(timeToFirstEvent / 1000, described)
  }

  #setWaiting({ stream }: StreamMessage, isWaiting: boolean): void {
    const open = this.#open.get(stream)
    if (open === undefined || open.isWaiting === isWaiting) return
    open.isWaiting = isWaiting
    this.#instruments.waitingStreams.add(isWaiting ? 1 : -1, open.route)
  }

  #onResume({ stream, after }: StreamResumeMessage): void {
    const from = { [attributes.resumedFrom]: after === 0 ? 'start' : 'position' }
    this.#instruments.resumes.add(1, { ...this.#descriptions.ofRoute(stream.request), ...from })
  }

  #onClose({ stream, summary, waited }: StreamCloseMessage): void {
    this.#setWaiting({ stream }, false)
    const route = this.#descriptions.ofRoute(stream.request)
    if (this.#open.delete(stream)) this.#instruments.activeStreams.add(-1, route)
    const { outcome, error, duration, events, bytes } = summary
    const type = error === undefined ? {} : { [attributes.errorType]: this.#errors.of(kindOf(error)) }
    this.#instruments.streamDuration.record(duration / 1000, { ...route, [attributes.outcome]: outcome, ...type })
    this.#instruments.streamEvents.add(events, route)
    this.#instruments.streamBytes.add(bytes, route)
    this.#instruments.streamWait.add(waited / 1000, route)
    const described = this.#descriptions.ofRequest(stream.request)
    if (described === undefined) return
    const outcomes = { [attributes.outcome]: outcome, ...type }
    this.#instruments.requestDuration.record(duration / 1000, { ...described, ...outcomes })
  }

  /** Takes back what is counted as open, since nobody will tell of its end. */
  #forget(): void {
    for (const [stream, { route }] of this.#open) {
      this.#setWaiting({ stream }, false)
      this.#instruments.activeStreams.add(-1, route)
    }
    this.#open.clear()
  }
}
