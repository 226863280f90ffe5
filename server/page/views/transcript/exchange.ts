import type { Exchange } from '../../chat/conversations/conversation.js'
import type { Wait } from '../../chat/failure.js'

/** What an exchange view shows. */
export interface ExchangeState {
  readonly exchange: Exchange
  /** What the answer waits for while it has no connection. */
  readonly wait: Wait | undefined
  /** Only the last exchange has buttons to ask again. */
  readonly isLast: boolean
}

/** What a reader can do with an exchange. */
export interface ExchangeActions {
  /** Asks again, or tries the connection again. */
  again(): void
  /** Asks for another answer. */
  regenerate(): void
  /** Has the model continue its answer. */
  extend(): void
  /** Waits no longer. */
  giveUp(): void
  /** Asks a question in other words. */
  edit(index: number, prompt: string): void
  copy(text: string): void
  /** A button that had the focus is gone. */
  refocus(): void
}
