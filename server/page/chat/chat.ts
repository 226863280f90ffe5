import { AnswerReader } from './answer-reader.js'
import { type ChatAnswer, type Exchange, newAnswer, toMessages } from './conversation.js'
import type { Wait } from './failure.js'
import { now } from './measures.js'
import { canContinue } from './outcome.js'
import type { Store } from './store.js'

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

  ask(prompt: string): void {
    const { exchanges } = this.#store.state
    this.#store.update({ exchanges: [...exchanges, { prompt, answer: newAnswer(now()) }] })
    this.#read()
  }

  /** Tries a lost connection at once. If no answer is on its way, continues the last one, or asks for it again. */
  again(): void {
    if (this.#reader !== undefined) this.#reader.retryNow()
    else this.#restart()
  }

  /** Continues an answer that was on its way when the page was left, or that only lost its connection. */
  resume(): void {
    if (this.#last?.state === 'running') this.#read()
    else this.wake()
  }

  /** Tries a lost connection at once, since there may be a network again. */
  wake(): void {
    if (this.#reader !== undefined) this.#reader.retryNow()
    else if (this.#last !== undefined && canContinue(this.#last)) this.#restart()
  }

  /** @returns whether the server has confirmed the stop; `true` if no answer is on its way */
  async stop(): Promise<boolean> {
    return (await this.#reader?.stop()) ?? true
  }

  /** Begins a new conversation. */
  clear(): void {
    void this.stop()
    this.#reader = undefined
    this.#store.update({ exchanges: [], wait: undefined })
  }

  get #last(): ChatAnswer | undefined {
    return this.#store.state.exchanges.at(-1)?.answer
  }

  #restart(): void {
    const answer = this.#last
    if (answer === undefined) return
    this.#show(canContinue(answer) ? { ...answer, state: 'running', failure: undefined } : newAnswer(now()))
    this.#read()
  }

  /** Reads the last answer. */
  #read(): void {
    const { exchanges } = this.#store.state
    const question = { messages: toMessages(exchanges), headers: this.#headers }
    const reader = new AnswerReader(this.#last as ChatAnswer, question, (answer, wait) => {
      // An answer may still change after the conversation was cleared.
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
