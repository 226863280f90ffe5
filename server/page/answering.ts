import { openStream, type SseStream } from '../../client/index.js'
import type { Message, Tokens } from '../../routes/index.js'
import type { Answer } from './conversation.js'
import { failureOf, isStop, type Wait } from './failure.js'
import { addToken, now } from './measures.js'

/** How often a connection is tried again, and how long that waits at most (milliseconds): for about a minute in all. */
const MAX_RETRIES = 12
const MAX_RETRY_DELAY = 10_000

/** For how long the server, which says something every 15 seconds, may be silent. Milliseconds. */
const IDLE_TIMEOUT = 25_000

/** An answer on its way: fills it in as it comes, from its start, or from where it was when the page was left. */
export class Answering {
  readonly answer: Answer
  readonly #stream: SseStream<typeof Tokens>
  readonly #onChange: () => void
  /** Those of the page that was left, too. */
  readonly #reconnects: number
  #wait: Wait | undefined

  /**
   * @param messages the conversation that is to be answered
   * @param onChange called whenever there is something new
   */
  constructor(answer: Answer, messages: Message[], onChange: () => void) {
    this.answer = answer
    this.#onChange = onChange
    this.#reconnects = answer.measures.reconnects + (answer.streamId === undefined ? 0 : 1)
    this.#stream = openStream<typeof Tokens>('stream', {
      body: { messages },
      resume: answer.streamId,
      lastEventId: answer.lastEventId,
      maxRetries: MAX_RETRIES,
      maxRetryDelay: MAX_RETRY_DELAY,
      idleTimeout: IDLE_TIMEOUT,
      onOpen: stream => this.#opened(stream),
      onReconnect: ({ delay, error }) =>
        this.#waits({ failure: failureOf(error, navigator.onLine), until: now() + delay })
    })
  }

  /** What it waits for, while there is no connection. */
  get wait(): Wait | undefined {
    return this.#wait
  }

  /** Resolves when there will be no more of it. */
  async run(): Promise<void> {
    const { answer } = this
    try {
      for await (const event of this.#stream) {
        if (event.event === 'message') {
          answer.text += event.data
          addToken(answer.measures, now())
        } else if (event.event === 'done') {
          answer.finishReason = event.data.finishReason
        }
        if (event.id !== undefined) answer.lastEventId = event.id
        this.#onChange()
      }
      answer.state = this.#stream.complete ? 'complete' : 'stopped'
    } catch (error) {
      answer.state = isStop(error) ? 'stopped' : 'failed'
      if (answer.state === 'failed') answer.failure = failureOf(error, navigator.onLine)
    } finally {
      this.#wait = undefined
      this.#onChange()
    }
  }

  /** Stops it at its source. @returns whether the server has confirmed that */
  stop(): Promise<boolean> {
    return this.#stream.stop()
  }

  /** Ends a wait. */
  retryNow(): void {
    this.#stream.retryNow()
  }

  #opened({ id, reconnects }: SseStream<typeof Tokens>): void {
    if (id !== undefined) this.answer.streamId = id
    this.answer.measures.reconnects = this.#reconnects + reconnects
    this.#waits(undefined)
  }

  #waits(wait: Wait | undefined): void {
    this.#wait = wait
    this.#onChange()
  }
}
