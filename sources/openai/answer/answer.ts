import type { FastifyBaseLogger } from 'fastify'
import { TextJoiner } from '../../../plugin/toolkit.js'
import type { AnswerPart, Finish, Usage } from '../../../routes/generate.js'
import { FST_SSE_PROVIDER_LOST, refusal } from '../errors.js'
import type { Quote } from '../quote.js'
import type { StreamEvent } from './chat-stream.js'
import { type Chunk, readChunk } from './chunk.js'
import { type Failure, failureOf, failureOfText, noticeOf } from './failure.js'
import type { Ending } from './finish-reason.js'
import { ToolCalls } from './tool-calls.js'
import { mayHoldText, type Value, valuesOf } from './values.js'

/** How long to wait after the finish_reason for usage, or for `[DONE]`. Milliseconds. */
const SETTLE = 1000

/** How long to wait after `[DONE]` for the end of the body, so that the connection can be reused. Milliseconds. */
const LINGER = 200

/** How many ignored events of an answer are logged. */
const MAX_LOGGED = 10

export interface AnswerContext {
  /** The headers of the response: an error in its body may need the `retry-after`. */
  headers: Headers
  /** Whether the response is JSON instead of events, as from servers that do not stream. */
  isDocument: boolean
  quote: Quote
  log: FastifyBaseLogger
}

/** An answer as it arrives: gives its parts, and decides how it ended. */
export class Answer {
  readonly #context: AnswerContext
  readonly #characters = new TextJoiner()
  readonly #toolCalls = new ToolCalls()
  #said = ''
  #thought = ''
  #refused = ''
  #hasToolCalls = false
  #ending: Ending | undefined
  #usage: Usage | undefined
  #isMarked = false
  #hasChunk = false
  #notice: Failure | undefined
  #failure: Error | undefined
  #ignored: string[] = []
  #deadline: number | undefined

  constructor(context: AnswerContext) {
    this.#context = context
  }

  /** Whether nothing of the answer has arrived yet. */
  get isEmpty(): boolean {
    return this.#said === '' && this.#thought === '' && this.#refused === '' && !this.#hasToolCalls
  }

  /** The last usage that has arrived. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  /** Whether its finish_reason or `[DONE]` has arrived. */
  get hasEnded(): boolean {
    return this.#isMarked || this.#ending !== undefined
  }

  /** How much longer to wait for the rest. Milliseconds; `undefined` is without limit. */
  get patience(): number | undefined {
    return this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - performance.now())
  }

  /** Extends the wait by the time that the consumer took: the provider is not to blame for that. Milliseconds. */
  postpone(ms: number): void {
    if (this.#deadline !== undefined) this.#deadline += ms
  }

  /**
   * Yields the parts of the answer in events.
   *
   * @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST
   */
  *take(events: StreamEvent[]): Generator<AnswerPart, void> {
    for (const { name, data } of events) {
      const values = valuesOf(data)
      if (name === 'error' && !this.#isOver)
        throw this.#toError(failureOfText(data, values.find(isObjectValue)?.object))
      for (const value of values) {
        yield* this.#takeValue(value)
        if (this.#failure !== undefined) throw this.#failure
      }
    }
  }

  /** Half a character that is left over when the answer has ended, or `''`. */
  rest(): string {
    return this.#characters.rest()
  }

  /** @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST */
  finish(): Finish {
    const { quote, log } = this.#context
    const { reason, word } = this.#ending ?? { reason: this.#reasonWithoutOne(), word: undefined }
    if (reason === undefined)
      throw this.#lost('ended its answer with a failure', `finish_reason ${JSON.stringify(word)}`)
    if (reason === 'tool_calls' && this.#toolCalls.isIncomplete)
      throw this.#lost('sent a call of a tool without its name', String(word))
    const level = reason === 'unknown' ? 'info' : 'debug'
    const said = word === undefined ? 'no finish_reason' : `the finish_reason ${quote(JSON.stringify(word)).message}`
    if (reason !== word) log[level](`the model provider ended its answer with ${said}, which is taken for "${reason}"`)
    return this.#usage === undefined ? { finishReason: reason } : { finishReason: reason, usage: this.#usage }
  }

  get #isOver(): boolean {
    return this.#isMarked && this.#ending !== undefined
  }

  /** @returns the parts in a value; an error that comes with it is kept until they were given */
  #takeValue(value: Value): AnswerPart[] {
    if (value.kind === 'object') return this.#takeObject(value.object)
    if (value.kind === 'mark') this.#mark()
    else if (value.kind === 'other' || this.#isOver || (this.#ending !== undefined && !mayHoldText(value.words))) {
      this.#ignore(value.words)
    } else this.#failure = this.#lost('sent an event that is not JSON', value.words)
    return []
  }

  #takeObject(object: Record<string, unknown>): AnswerPart[] {
    const chunk = readChunk(object)
    if (chunk?.usage && (chunk.usage.totalTokens > 0 || this.#usage === undefined)) this.#usage = chunk.usage
    if (this.#isOver) {
      if (chunk === undefined || chunk.text !== '') this.#ignore(JSON.stringify(object))
      return []
    }
    const failure = failureOf(object)
    if (failure !== undefined) this.#failure = this.#toError(failure)
    if (chunk !== undefined) return this.#takeChunk(chunk, object)
    if (failure === undefined) {
      this.#notice ??= noticeOf(object)
      this.#ignore(JSON.stringify(object))
    }
    return []
  }

  #takeChunk(chunk: Chunk, object: object): AnswerPart[] {
    const { text, whole, isUnreadable, goesOn, ending } = chunk
    this.#hasChunk = true
    if (goesOn && this.#ending !== undefined) this.#wait(SETTLE)
    const thought = this.#think(chunk)
    const said = this.#say(whole === undefined ? text : this.#restOf(whole))
    const rest = [...this.#refuse(chunk), ...this.#call(chunk)]
    if (isUnreadable) this.#failure ??= this.#lost('sent content of an unknown type', JSON.stringify(object))
    if (ending !== undefined) this.#end(ending)
    if (this.#context.isDocument && whole !== undefined) this.#mark()
    return [...thought, ...(said === '' ? [] : [said]), ...rest]
  }

  /** A whole message repeats what the chunks before it have said. */
  #think({ reasoning, whole }: Chunk): AnswerPart[] {
    if (reasoning === '' || (whole !== undefined && this.#thought !== '')) return []
    this.#thought += reasoning
    return [{ type: 'reasoning', text: reasoning }]
  }

  #refuse({ refusal, whole }: Chunk): AnswerPart[] {
    if (refusal === '' || (whole !== undefined && this.#refused !== '')) return []
    this.#refused += refusal
    return [{ type: 'refusal', text: refusal }]
  }

  #call({ message, whole }: Chunk): AnswerPart[] {
    if (whole !== undefined && this.#hasToolCalls) return []
    const parts = this.#toolCalls.take(message.tool_calls, message.function_call)
    this.#hasToolCalls ||= parts.length > 0
    return parts
  }

  /** Text after `[DONE]` means that the answer goes on: proxies have sent one for each part that they had read. */
  #say(text: string): string {
    if (text === '') return ''
    if (this.#isMarked) {
      this.#isMarked = false
      this.#deadline = undefined
    }
    this.#said += text
    return this.#characters.text(text)
  }

  /** @returns what a whole message has beyond the text so far */
  #restOf(whole: string): string {
    if (whole.startsWith(this.#said)) return whole.slice(this.#said.length)
    const hasMore = withoutThoughts(whole).trim().length > this.#said.trim().length
    if (hasMore) this.#failure ??= this.#lost('sent a message that has more text than the chunks before it', whole)
    return ''
  }

  #mark(): void {
    this.#isMarked = true
    this.#wait(LINGER)
  }

  /** A failure is final, and `unknown` never replaces a reason. */
  #end(ending: Ending): void {
    if (this.#ending === undefined && !this.#isMarked) this.#wait(SETTLE)
    const keeps = this.#ending !== undefined && (this.#ending.reason === undefined || ending.reason === 'unknown')
    if (!keeps) this.#ending = ending
  }

  #wait(ms: number): void {
    this.#deadline = performance.now() + ms
  }

  /** @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST unless something shows that the answer is complete */
  #reasonWithoutOne(): 'unknown' {
    if (this.#notice !== undefined) throw this.#toError(this.#notice)
    const [first] = this.#ignored
    if (!this.#hasChunk && first !== undefined) throw this.#lost('sent nothing that is an answer', first)
    if (!this.#isMarked) throw new FST_SSE_PROVIDER_LOST('ended its answer too early')
    return 'unknown'
  }

  #ignore(words: string): void {
    const { quote, log } = this.#context
    if (this.#ignored.length === MAX_LOGGED) return
    this.#ignored.push(words)
    log.debug({ event: quote(words).message }, 'ignored an event of the model provider that is not a chunk')
  }

  /** An error in the body may carry the status that the response should have had. */
  #toError({ words, status }: Failure): Error {
    const { quote, headers } = this.#context
    return status === undefined ? this.#lost('broke off with an error', words) : refusal(status, headers, quote(words))
  }

  /** @param words what the provider sent, for the log */
  #lost(what: string, words: string): Error {
    return new FST_SSE_PROVIDER_LOST(what, { cause: this.#context.quote(words) })
  }
}

/** Some messages have the thoughts of the model in their text, and the chunks have them elsewhere. */
function withoutThoughts(message: string): string {
  return message.replace(/<think>[\s\S]*?<\/think>/, '')
}

function isObjectValue(value: Value) {
  return value.kind === 'object'
}
