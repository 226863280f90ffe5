import { Answering } from './answering.js'
import { type Exchange, newAnswer, toMessages } from './conversation.js'
import { now } from './measures.js'
import { canGoOn } from './outcome.js'

/** What is told of a chat. */
export interface ChatListener {
  /** Something of the last exchange is new: it is there at all, or there is more of its answer. */
  onChange(exchange: Exchange): void
  /** There will be no more of its answer. */
  onEnd(exchange: Exchange): void
}

/** The conversation, and the answer that is on its way. */
export class Chat {
  readonly #exchanges: Exchange[]
  readonly #listener: ChatListener
  #answering: Answering | undefined

  /** @param exchanges the conversation so far */
  constructor(exchanges: readonly Exchange[], listener: ChatListener) {
    this.#exchanges = [...exchanges]
    this.#listener = listener
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchanges
  }

  get answering(): Answering | undefined {
    return this.#answering
  }

  ask(prompt: string): void {
    this.#exchanges.push({ prompt, answer: newAnswer(now()) })
    this.#answer()
  }

  /** Has the last question answered again, or the rest of its answer where the server may have it. */
  again(): void {
    const last = this.#last
    if (last === undefined || this.#answering !== undefined) return
    if (canGoOn(last.answer)) {
      last.answer.state = 'running'
      last.answer.failure = undefined
    } else {
      last.answer = newAnswer(now())
    }
    this.#answer()
  }

  /** Goes on with an answer that was on its way when the page was left, or had only lost its connection. */
  resume(): void {
    if (this.#last?.answer.state === 'running') this.#answer()
    else this.wake()
  }

  /** There may be a network again. */
  wake(): void {
    if (this.#answering !== undefined) this.#answering.retryNow()
    else if (this.#last !== undefined && canGoOn(this.#last.answer)) this.again()
  }

  /** @returns whether the server has confirmed that it has stopped */
  async stop(): Promise<boolean> {
    return (await this.#answering?.stop()) ?? true
  }

  /** Begins a new conversation. */
  clear(): void {
    void this.stop()
    this.#answering = undefined
    this.#exchanges.length = 0
  }

  get #last(): Exchange | undefined {
    return this.#exchanges.at(-1)
  }

  #answer(): void {
    const exchange = this.#last as Exchange
    const isCurrent = () => this.#answering === answering
    const answering = new Answering(exchange.answer, toMessages(this.#exchanges), () => {
      if (isCurrent()) this.#listener.onChange(exchange)
    })
    this.#answering = answering
    this.#listener.onChange(exchange)
    void answering.run().then(() => {
      if (!isCurrent()) return
      this.#answering = undefined
      this.#listener.onEnd(exchange)
    })
  }
}
