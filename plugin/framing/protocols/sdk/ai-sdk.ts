import { FST_SSE_SOURCE_TRUNCATED } from '../../../errors.js'
import type { SseEvent } from '../../../sse/event.js'
import type { ErrorData } from '../../failure.js'
import { readJson, textAt, typedJsonItemOf } from '../json-item.js'
import type { Protocol, ProtocolStream } from '../protocol.js'

const SENTINEL = '[DONE]'

/** The UI message stream of the AI SDK: unnamed events, one for each part, and `[DONE]` at the end. */
class AiSdkStream implements ProtocolStream {
  /** The start parts whose end parts have not come yet. */
  readonly #open = new Set<string>()
  #hasFailed = false

  item(item: unknown): SseEvent {
    const data = typedJsonItemOf(item, 'parts of a UI message stream')
    this.#track(data.type, data.id)
    return { data }
  }

  end(): SseEvent {
    const [started] = this.#open
    if (started !== undefined) throw new FST_SSE_SOURCE_TRUNCATED(`the end of its ${started}`)
    // Clients stop at an error part, so the answer is not complete.
    if (this.#hasFailed) throw new FST_SSE_SOURCE_TRUNCATED('anything but an error')
    return { data: SENTINEL }
  }

  error({ message }: ErrorData): SseEvent {
    return { data: { type: 'error', errorText: message } }
  }

  stopped(): SseEvent[] {
    return [{ data: { type: 'abort' } }, { data: SENTINEL }]
  }

  #track(type: string, id: unknown): void {
    switch (type) {
      case 'start':
        this.#open.add(type)
        break
      case 'finish':
        this.#open.delete('start')
        break
      case 'abort':
        this.#open.clear()
        break
      case 'text-start':
      case 'reasoning-start':
        this.#open.add(`${type} ${id}`)
        break
      case 'text-end':
      case 'reasoning-end':
        this.#open.delete(`${type.replace('end', 'start')} ${id}`)
        break
      case 'error':
        this.#hasFailed = true
    }
  }
}

export const aiSdk: Protocol = {
  headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
  resumesNothing: true,
  text(data) {
    const part = readJson(data)
    return part.type === 'text-delta' ? textAt(part, 'delta') : undefined
  },
  start: () => new AiSdkStream()
}
