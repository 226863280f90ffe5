import type { SseEvent } from '../../sse/event.js'
import { isPart } from '../answer/part.js'
import type { ErrorData } from '../failure.js'
import type { BuiltInProtocol, ItemStream, Protocol, StreamContext } from './protocol.js'

/** The end of an answer whose source returns nothing. */
const STOP = { finishReason: 'stop' }

/**
 * A protocol that takes either the items of an API or the parts of an answer, such as strings. The first item decides.
 * Without an item, the return value does: a `Finish` is the end of an answer in parts.
 *
 * @param native takes the items of the API
 * @param neutral makes a protocol that takes the parts of an answer
 */
export function either(native: BuiltInProtocol, neutral: () => Protocol<string>): BuiltInProtocol {
  return { ...native, start: context => new EitherStream(native, neutral, context) }
}

class EitherStream implements ItemStream {
  readonly #native: ItemStream
  readonly #startNeutral: () => ItemStream
  #chosen: ItemStream | undefined
  #isNeutral = false

  constructor(native: BuiltInProtocol, neutral: () => Protocol<string>, context: StreamContext) {
    this.#native = native.start(context)
    this.#startNeutral = () => neutral().start() as ItemStream
  }

  item(item: never): unknown {
    return (this.#chosen ?? this.#choose(typeof item === 'string' || isPart(item))).item(item)
  }

  rest(): readonly SseEvent[] {
    return this.#chosen?.rest?.() ?? []
  }

  end(returned: unknown): SseEvent | readonly SseEvent[] | undefined {
    const chosen = this.#chosen ?? this.#choose(isFinish(returned))
    return chosen.end(this.#isNeutral && returned === undefined ? STOP : returned)
  }

  error(failure: ErrorData): SseEvent | readonly SseEvent[] {
    return (this.#chosen ?? this.#native).error(failure)
  }

  stopped(): SseEvent | readonly SseEvent[] | undefined {
    return (this.#chosen ?? this.#native).stopped?.()
  }

  #choose(isNeutral: boolean): ItemStream {
    this.#isNeutral = isNeutral
    this.#chosen = isNeutral ? this.#startNeutral() : this.#native
    return this.#chosen
  }
}

function isFinish(returned: unknown): boolean {
  return typeof returned === 'object' && returned !== null && 'finishReason' in returned
}
