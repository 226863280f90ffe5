import { openStream, type SseStream } from '../../../client/index.js'
import type { Message, Tokens } from '../../../routes/index.js'
import { addToolCall, type ChatAnswer } from './conversations/conversation.js'
import { explainFailure, isStop, type Wait } from './failure.js'
import { addToken, now } from './measures.js'
import type { toOptions } from './settings.js'

/** How often a lost connection is tried again, and the longest wait (milliseconds). Together: about a minute. */
const MAX_RETRIES = 12
const MAX_RETRY_DELAY = 10_000

/** How long the server may stay silent. It sends a heartbeat every 15 seconds. Milliseconds. */
const IDLE_TIMEOUT = 25_000

/** Called for each change of an answer, and with what it waits for while it has no connection. */
export type AnswerListener = (answer: ChatAnswer, wait: Wait | undefined) => void

/** What is sent to the server for an answer. */
export interface Question {
  /** The conversation up to the question. */
  readonly messages: Message[]
  /** What the reader has chosen for the answer. */
  readonly options: ReturnType<typeof toOptions>
  /** The headers of each request. */
  readonly headers: () => Record<string, string>
}

/** Reads an answer from its start, or from where it was when the page was left. */
export class AnswerReader {
  readonly #stream: SseStream<typeof Tokens>
  readonly #onChange: AnswerListener
  /** The reconnects before this reader, and the one that it begins with after a reload. */
  readonly #reconnects: number
  #answer: ChatAnswer
  #wait: Wait | undefined

  constructor(answer: ChatAnswer, { messages, options, headers }: Question, onChange: AnswerListener) {
    this.#answer = answer
    this.#onChange = onChange
    this.#reconnects = answer.measures.reconnects + (answer.streamId === undefined ? 0 : 1)
    this.#stream = openStream<typeof Tokens>('stream', {
      body: { ...options, messages },
      headers,
      resume: answer.streamId,
      lastEventId: answer.lastEventId,
      maxRetries: MAX_RETRIES,
      maxRetryDelay: MAX_RETRY_DELAY,
      idleTimeout: IDLE_TIMEOUT,
      onOpen: stream => this.#opened(stream),
      onReconnect: ({ delay, error }) => {
        this.#wait = { failure: explainFailure(error, navigator.onLine), until: now() + delay }
        this.#update({})
      }
    })
  }

  /** Reads until the answer has ended, for whatever reason. It never rejects. */
  async run(): Promise<void> {
    let end: Partial<ChatAnswer>
    try {
      for await (const event of this.#stream) {
        const { text, reasoning = '', toolCalls = [], measures } = this.#answer
        this.#update({
          ...(event.event === 'message' && { text: text + event.data, measures: addToken(measures, now()) }),
          ...(event.event === 'reasoning' && { reasoning: reasoning + event.data.text }),
          ...(event.event === 'tool-call' && { toolCalls: addToolCall(toolCalls, event.data) }),
          ...(event.event === 'done' && { finishReason: event.data.finishReason }),
          ...(event.id !== undefined && { lastEventId: event.id })
        })
      }
      end = { state: this.#stream.complete ? 'complete' : 'stopped' }
    } catch (error) {
      end = isStop(error) ? { state: 'stopped' } : { state: 'failed', failure: explainFailure(error, navigator.onLine) }
    }
    this.#wait = undefined
    this.#update(end)
  }

  /** Stops the answer at its source. @returns whether the server has confirmed it */
  stop(): Promise<boolean> {
    return this.#stream.stop()
  }

  /** Leaves the answer. The server goes on with it for a while, so that it can be followed again. */
  leave(): void {
    this.#stream.close()
  }

  /** Ends a wait for the next connection. */
  retryNow(): void {
    this.#stream.retryNow()
  }

  #opened({ id, reconnects }: SseStream<typeof Tokens>): void {
    this.#wait = undefined
    this.#update({
      ...(id !== undefined && { streamId: id }),
      measures: { ...this.#answer.measures, reconnects: this.#reconnects + reconnects }
    })
  }

  #update(change: Partial<ChatAnswer>): void {
    this.#answer = { ...this.#answer, ...change }
    this.#onChange(this.#answer, this.#wait)
  }
}
