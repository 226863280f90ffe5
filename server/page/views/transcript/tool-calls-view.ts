import type { ToolCall } from '../../chat/conversations/conversation.js'

/** Shows the tools that the model calls, with their arguments. What a model says is only ever text. */
export class ToolCallsView {
  readonly #element: HTMLElement

  constructor(element: HTMLElement) {
    this.#element = element
  }

  show(calls: readonly ToolCall[] = []): void {
    this.#element.hidden = calls.length === 0
    for (const [index, { name, arguments: json }] of calls.entries()) {
      const text = `${name}(${json})`
      const item = this.#element.children[index] ?? this.#element.appendChild(document.createElement('li'))
      if (item.textContent !== text) item.textContent = text
    }
    while (this.#element.children.length > calls.length) this.#element.lastElementChild?.remove()
  }
}
