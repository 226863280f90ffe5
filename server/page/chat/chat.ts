import { AnswerReader } from './answer-reader.js'
import { type ChatAnswer, continued, type Exchange, newAnswer, toMessages } from './conversations/conversation.js'
import { type Conversation, newId } from './conversations/conversations.js'
import type { Store } from './conversations/store.js'
import type { Wait } from './failure.js'
import { now } from './measures.js'
import { canContinue, isUnsent } from './outcome.js'
import { toOptions } from './settings.js'

/** Does what the reader of the page asks for, and puts the result into the store. */
export class Chat {
  readonly #store: Store
  readonly #headers: () => Record<string, string>
  /** Reads the answer that is on its way. */
  #reader: AnswerReader | undefined

  /** @param headers the headers of each request */
  constructor(store: Store, headers: () => Record<string, string>) {
    this.#store = store
    this.#headers = headers
  }

  /** Asks a question. An answer that still waits for a busy server is given up. */
  ask(prompt: string): void {
    this.giveUp()
    const { exchanges } = this.#store.state
    this.#begin([...exchanges, { prompt, answer: newAnswer(now()) }])
  }

  /** Asks a question in other words. What came after it is no longer part of the conversation. */
  edit(index: number, prompt: string): void {
    void this.#detach()?.stop()
    this.#begin([...this.#store.state.exchanges.slice(0, index), { prompt, answer: newAnswer(now()) }])
  }

  /** Tries a lost connection at once. If no answer is on its way, follows the last one, or asks for it again. */
  again(): void {
    if (this.#reader !== undefined) this.#reader.retryNow()
    else if (this.#last !== undefined) this.#restart(canContinue(this.#last))
  }

  /** Asks for the last answer once more. */
  regenerate(): void {
    if (this.#reader === undefined) this.#restart(false)
  }

  /** Asks the model to continue the last answer. */
  extend(): void {
    const answer = this.#last
    if (answer === undefined || this.#reader !== undefined) return
    this.#show(continued(answer, now()))
    this.#read()
  }

  /** Continues an answer that was on its way when the page was left, or that only lost its connection. */
  resume(): void {
    if (this.#last?.state === 'running') this.#read()
    else this.wake()
  }

  /** Goes on where there may be a network again. An answer that is on its way wakes by itself. */
  wake(): void {
    const answer = this.#last
    if (
      this.#reader === undefined &&
      answer !== undefined &&
      (canContinue(answer) || (isUnsent(answer) && navigator.onLine))
    )
      this.again()
  }

  /** @returns whether the server has confirmed the stop; `true` if no answer is on its way */
  async stop(): Promise<boolean> {
    if (this.#store.state.wait?.failure.isBusy === true) {
      this.giveUp()
      return true
    }
    return (await this.#reader?.stop()) ?? true
  }

  /** Gives up an answer that waits for a busy server. */
  giveUp(): void {
    const { wait } = this.#store.state
    const answer = this.#last
    if (wait?.failure.isBusy !== true || answer === undefined) return
    this.#detach()?.leave()
    this.#show({ ...answer, state: 'failed', failure: wait.failure })
  }

  /** Begins a new conversation. */
  clear(): void {
    void this.#detach()?.stop()
    this.#store.update({ id: newId(), revision: 0, title: undefined, exchanges: [], wait: undefined })
  }

  /** Shows a conversation, and follows its answer. The one that was shown is left: its answer goes on for a while. */
  open({ id, revision, title, exchanges }: Conversation): void {
    this.#detach()?.leave()
    this.#store.update({ id, revision, title, exchanges, wait: undefined })
    this.resume()
  }

  get #last(): ChatAnswer | undefined {
    return this.#store.state.exchanges.at(-1)?.answer
  }

  #begin(exchanges: readonly Exchange[]): void {
    this.#store.update({ exchanges, wait: undefined })
    this.#read()
  }

  /** @param isFollowing whether the server may have the rest of the answer */
  #restart(isFollowing: boolean): void {
    const answer = this.#last
    if (answer === undefined) return
    this.#show(isFollowing ? { ...answer, state: 'running', failure: undefined } : newAnswer(now()))
    this.#read()
  }

  /** @returns the reader of the answer, which is not shown any more */
  #detach(): AnswerReader | undefined {
    const reader = this.#reader
    this.#reader = undefined
    return reader
  }

  /** Reads the last answer. */
  #read(): void {
    const { exchanges, settings, models } = this.#store.state
    const messages = toMessages(exchanges)
    const question = { messages, options: toOptions(settings, models), headers: this.#headers }
    const reader = new AnswerReader(this.#last as ChatAnswer, question, (answer, wait) => {
      // An answer may still change after it was left.
      if (this.#reader !== reader) return
      if (answer.state !== 'running') this.#reader = undefined
      this.#show(answer, wait)
    })
    this.#reader = reader
    void reader.run()
  }

  #show(answer: ChatAnswer, wait?: Wait): void {
    const { exchanges } = this.#store.state
    const { prompt } = exchanges.at(-1) as Exchange
    this.#store.update({ exchanges: exchanges.with(-1, { prompt, answer }), wait })
  }
}
