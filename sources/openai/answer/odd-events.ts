import type { FastifyBaseLogger } from 'fastify'
import type { Quote } from '../quote.js'
import { type Failure, noticeOf, toFailure } from './chunk/failure.js'
import { isSuspect } from './suspicion.js'
import { findUnread } from './unread.js'

type Fields = Record<string, unknown>

/** How many ignored events of an answer are logged. */
const MAX_LOGGED = 10

/** The events of an answer that say nothing that can be read. How the answer ends decides what they were. */
export class OddEvents {
  readonly #quote: Quote
  readonly #log: FastifyBaseLogger
  #count = 0
  #first: string | undefined
  #notice: Failure | undefined
  #suspect: Failure | undefined
  #unread: string | undefined

  constructor(quote: Quote, log: FastifyBaseLogger) {
    this.#quote = quote
    this.#log = log
  }

  /** The first event that is not a chunk. */
  get first(): string | undefined {
    return this.#first
  }

  /** Words that are an error, unless the answer goes on to a finish_reason. */
  get notice(): Failure | undefined {
    return this.#notice
  }

  /** What may be an error in an unknown form, if the answer has no finish_reason. */
  get suspect(): Failure | undefined {
    return this.#suspect
  }

  /** The first event with content in a place where it is not read. */
  get unread(): string | undefined {
    return this.#unread
  }

  /** Takes an event that is not a chunk. */
  ignore(words: string, object?: Fields): void {
    if (object !== undefined) {
      this.#notice ??= noticeOf(object)
      this.examine(object, words)
    }
    if (isSuspect(object ?? words))
      this.#suspect ??= object === undefined ? { words, status: undefined } : toFailure(object)
    this.#trace(words)
  }

  /** Takes an event that comes after the end of the answer. */
  ignoreLate(words: string): void {
    this.#trace(words)
  }

  /** Takes a chunk that says nothing. */
  examine(object: Fields, words?: string): void {
    if (this.#unread !== undefined || findUnread(object) === undefined) return
    this.#unread = words ?? JSON.stringify(object)
  }

  #trace(words: string): void {
    this.#first ??= words
    if (this.#count++ < MAX_LOGGED) {
      this.#log.debug(
        { event: this.#quote(words).message },
        'ignored an event of the model provider that is not a chunk'
      )
    }
  }
}
