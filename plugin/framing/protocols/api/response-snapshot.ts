import type { JsonItem } from '../json-item.js'

/** A response of OpenAI's Responses API, as far as its events have told of it. */
export class ResponseSnapshot {
  #response: JsonItem = {}
  /** The items, by their index. */
  readonly #output = new Map<unknown, JsonItem>()
  /** The parts that have ended of the item that has not. */
  #parts: unknown[] = []
  /** The text of the part that has not ended. */
  #text: string | undefined

  add(event: JsonItem): void {
    switch (event.type) {
      case 'response.output_text.delta':
        this.#text = (this.#text ?? '') + event.delta
        break
      case 'response.content_part.done':
        this.#parts.push(event.part)
        this.#text = undefined
        break
      case 'response.output_item.added':
      case 'response.output_item.done':
        this.#parts = []
        this.#text = undefined
        this.#output.set(event.output_index, event.item as JsonItem)
        break
      default:
        if (typeof event.response === 'object') this.#response = event.response as JsonItem
    }
  }

  /** The response as one that was cancelled, with the text that it had. */
  cancelled(): object {
    const output = [...this.#output.values()].map(item => (item?.status === 'in_progress' ? this.#cut(item) : item))
    return { ...this.#response, status: 'cancelled', output }
  }

  #cut(item: JsonItem): JsonItem {
    const rest = this.#text === undefined ? [] : [{ type: 'output_text', text: this.#text, annotations: [] }]
    const content = [...this.#parts, ...rest]
    return { ...item, status: 'incomplete', ...(item.type === 'message' && { content }) }
  }
}
