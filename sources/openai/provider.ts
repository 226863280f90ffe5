import type { AnswerPart, Finish, Generate } from '../../routes/generate.js'
import { Answer } from './answer/answer.js'
import { ChatStream, type StreamEvent } from './answer/chat-stream.js'
import { Call } from './call.js'
import { toChatRequest } from './chat-request.js'
import { withoutLimits } from './dispatcher.js'
import { FST_SSE_PROVIDER_LOST, mayBeWrongAddress, mayRefuseOption, refusal, toProviderError } from './errors.js'
import { type OpenAiOptions, type Settings, toSettings } from './options.js'
import { type Quote, quoteWithout, readWords } from './quote.js'

/**
 * The content types of an answer: events, or JSON from servers that do not stream. A header that a proxy has given
 * twice is a list.
 */
const EVENTS = /^text\/event-stream\s*([;,]|$)/i
const JSON_TYPE = /^[a-z]+\/([\w.+-]+\+)?(x-)?(nd)?jsonl?\s*([;,]|$)/i

/** How servers that do not know `stream_options: { include_usage }` name it when they refuse it. */
const STREAM_OPTIONS = /stream[\s_-]*options?|include[\s_-]*usage/i

type Input = Parameters<Generate>[0]
type Context = Parameters<Generate>[1]

/** A model of a server, and what was learned about the server. */
export class Provider {
  readonly #settings: Settings
  readonly #headers: Headers
  readonly #quote: Quote
  #includesUsage: boolean

  /** @throws FST_SSE_OPTION_INVALID */
  constructor(options: OpenAiOptions) {
    this.#settings = toSettings(options)
    const { apiKey, includeUsage } = this.#settings
    this.#headers = new Headers({
      accept: 'text/event-stream',
      authorization: `Bearer ${apiKey || 'none'}`,
      'content-type': 'application/json'
    })
    this.#quote = quoteWithout(apiKey)
    this.#includesUsage = includeUsage
  }

  /** Asks for an answer and yields its parts. A provider that refuses `stream_options` is asked again without it. */
  async *answer(
    input: Input,
    context: Context,
    includesUsage = this.#includesUsage
  ): AsyncGenerator<AnswerPart, Finish> {
    const { signal, request } = context
    const call = new Call(signal, this.#settings.timeout)
    let answer: Answer | undefined
    try {
      try {
        const response = await this.#ask(input, includesUsage, call)
        const { stream, isDocument } = await this.#toStream(response)
        if (!includesUsage) this.#includesUsage = false
        // An event stream has begun with its head, JSON only when it is there.
        if (!isDocument) call.begin()
        answer = new Answer({ headers: response.headers, isDocument, quote: this.#quote, log: request.log })
        for (;;) {
          const events = await readOn(stream, answer, call)
          if (events === undefined) break
          if (events.length > 0) call.begin()
          for (const part of answer.take(events)) {
            const now = answer.end.hasBegun ? performance.now() : 0
            yield part
            if (now > 0) answer.end.postpone(performance.now() - now)
          }
        }
        if (stream.wasLeft) answer.logLeft()
        const rest = answer.rest()
        if (rest !== '') yield rest
        const finish = answer.finish()
        yield* answer.restOfCalls(finish)
        return finish
      } finally {
        call.end()
      }
    } catch (error) {
      if (signal.aborted) {
        // Some providers count with every chunk.
        if (answer?.usage !== undefined) return { finishReason: 'unknown', usage: answer.usage }
        throw error
      }
      const failure = toProviderError(error)
      const isRefused = includesUsage && mayRefuseOption(failure) && STREAM_OPTIONS.test(failure.cause?.message ?? '')
      if (!isRefused || answer?.isEmpty === false) throw failure
    }
    request.log.info('the model provider refuses stream_options and is asked again without it')
    return yield* this.answer(input, context, false)
  }

  #ask(input: Input, includesUsage: boolean, { signal }: Call): Promise<Response> {
    const { endpoint } = this.#settings
    const options = includesUsage ? { stream_options: { include_usage: true } } : {}
    const body = JSON.stringify({ ...toChatRequest(input, this.#settings), stream: true, ...options })
    const init = { method: 'POST', headers: this.#headers, body, signal, dispatcher: withoutLimits() }
    return fetch(endpoint.url, { ...init, redirect: 'manual' })
  }

  /** @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST */
  async #toStream(response: Response): Promise<{ stream: ChatStream; isDocument: boolean }> {
    const { status, headers, body, ok } = response
    const type = headers.get('content-type') ?? ''
    const isDocument = JSON_TYPE.test(type)
    if (ok && body !== null && (isDocument || EVENTS.test(type))) return { stream: new ChatStream(body), isDocument }
    const words = await readWords(response)
    const [target] = (headers.get('location') ?? '').split('?')
    const location = target === '' ? '' : `redirected to ${target}, `
    const { shown } = this.#settings.endpoint
    const cause = this.#quote(mayBeWrongAddress(status) ? `${shown}: ${location}${words}` : words)
    throw ok ? new FST_SSE_PROVIDER_LOST('did not answer with events', { cause }) : refusal(status, headers, cause)
  }
}

/** A connection that breaks after the answer has ended is as good as the end of the body. */
async function readOn(stream: ChatStream, answer: Answer, { signal }: Call): Promise<StreamEvent[] | undefined> {
  try {
    return await stream.read(answer.end.patience)
  } catch (error) {
    if (signal.aborted || !answer.end.hasBegun || error instanceof FST_SSE_PROVIDER_LOST) throw error
    return stream.end()
  }
}
