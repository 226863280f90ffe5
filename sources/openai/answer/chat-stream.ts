import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import { FST_SSE_PROVIDER_LOST } from '../errors.js'
import { BodyDecoder } from './body-decoder.js'
import { isJson, looksLikeJson, mayHoldText } from './chunk/values.js'
import { Lines } from './lines.js'

/** The most that may arrive without an event: a line that never ends, or nothing but comments. */
const MAX_CHARACTERS = 16 * 1024 * 1024
const MAX_UNFRAMED_LINES = 100_000

/** The most that a body may have, decompressed: some hundred times what a model can say, with all that is around it. */
const MAX_BODY = 256 * 1024 * 1024

/** JSON over several lines is complete when it parses. Longer JSON is not tried at each line, but at the next event. */
const MAX_TRIED_LINES = 1000
const MAX_TRIED_CHARACTERS = 65_536

/** A server-sent event, or a line of the body that is none. */
export interface StreamEvent {
  name: string | undefined
  data: string
}

/**
 * The events of a body: server-sent events (WHATWG HTML, section 9.2), or lines of JSON. A parser of events would drop
 * lines that are no field, but servers send errors that way, and a broken line of data looks like that.
 */
export class ChatStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new BodyDecoder()
  readonly #lines = new Lines()
  #events: StreamEvent[] = []
  #name: string | undefined
  /** The lines of data so far; `undefined` if there are none. */
  #data: string | undefined
  #unframed: string[] = []
  #unframedLength = 0
  #withoutEvent = 0
  #length = 0
  #isOver = false
  #wasLeft = false

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader()
  }

  /** Whether the body was cancelled because it went on for too long. */
  get wasLeft(): boolean {
    return this.#wasLeft
  }

  /**
   * Reads the events that have arrived together, if any.
   *
   * @param patience how long to wait before the body is cancelled and counts as ended. Milliseconds. Default: no limit
   * @returns `undefined` after the end of the body
   * @throws FST_SSE_PROVIDER_LOST, and what the connection fails with
   */
  async read(patience?: number): Promise<StreamEvent[] | undefined> {
    if (this.#isOver) return undefined
    this.#events = []
    const bytes = await this.#readBytes(patience)
    if (bytes === undefined) return this.end()
    this.#feed(this.#decoder.decode(bytes))
    return this.#events
  }

  /**
   * Ends the body here.
   *
   * @returns its last events; one whose line end or blank line is missing is an event too
   */
  end(): StreamEvent[] {
    this.#isOver = true
    this.#events = []
    this.#feed(this.#decoder.end())
    for (const line of this.#lines.end()) this.#takeLine(line)
    this.#dispatch()
    this.#joinUnframed()
    return this.#events
  }

  async #readBytes(patience: number | undefined): Promise<Uint8Array | undefined> {
    if (patience === undefined) return (await this.#reader.read()).value
    const close = () => {
      this.#wasLeft = true
      this.#reader.cancel().catch(() => {})
    }
    // Even if more is there already: a server that keeps sending would never be left.
    if (patience === 0) close()
    const timer = setTimeout(close, patience)
    try {
      return (await this.#reader.read()).value
    } finally {
      clearTimeout(timer)
    }
  }

  #feed(text: string): void {
    this.#withoutEvent += text.length
    this.#length += text.length
    for (const line of this.#lines.feed(text)) this.#takeLine(line)
    check(this.#withoutEvent, MAX_CHARACTERS, 'characters without an event')
    check(this.#length, MAX_BODY, 'characters')
  }

  #takeLine(line: string): void {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (line === '') this.#dispatch()
    else if (field === 'data') this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
    else if (field === 'event') this.#name = value
    else if (field === 'error') this.#add('error', value)
    else if (field === '') this.#takeComment(value)
    else if (field !== 'id' && field !== 'retry') this.#takeUnframed(line.replace(/^\s*data\s*:/i, '').trim())
  }

  #dispatch(): void {
    const name = this.#name
    const data = this.#data
    this.#name = undefined
    if (data === undefined && name !== 'error') return
    this.#data = undefined
    this.#joinUnframed()
    this.#withoutEvent = 0
    this.#events.push({ name, data: data ?? '' })
  }

  /** Adds an event that is complete with its line, after the one before it. */
  #add(name: string | undefined, data: string): void {
    this.#dispatch()
    this.#name = name
    this.#data = data
    this.#dispatch()
  }

  /** Ignores a comment, unless it looks like the rest of a broken line of data. */
  #takeComment(text: string): void {
    if (mayHoldText(text)) this.#add(undefined, text)
  }

  #takeUnframed(text: string): void {
    const isWhole = isJson(text) || (this.#unframed.length === 0 && !looksLikeJson(text))
    if (isWhole) this.#add(undefined, text)
    else this.#addUnframed(text)
  }

  #addUnframed(text: string): void {
    this.#dispatch()
    this.#unframed.push(text)
    check(this.#unframed.length, MAX_UNFRAMED_LINES, 'lines without an event')
    this.#unframedLength += text.length
    const isShort = this.#unframed.length <= MAX_TRIED_LINES && this.#unframedLength <= MAX_TRIED_CHARACTERS
    if (isShort && /[}\]]$/.test(text) && isJson(this.#unframed.join('\n'))) this.#joinUnframed()
  }

  #joinUnframed(): void {
    if (this.#unframed.length === 0) return
    this.#events.push({ name: undefined, data: this.#unframed.join('\n') })
    this.#withoutEvent = 0
    this.#unframed = []
    this.#unframedLength = 0
  }
}

/** @throws FST_SSE_PROVIDER_LOST */
function check(count: number, limit: number, what: string): void {
  if (count > limit) throw new FST_SSE_PROVIDER_LOST(`sent more than ${limit} ${what}`)
}
