import { isDeepStrictEqual } from 'node:util'
import { type Chunk, readChunk } from './chunk.js'
import { failureOf } from './failure.js'
import { isObject, jsonOf } from './values.js'

/** A text in place of that of a chunk, to see where it comes out. */
const PROBE = 'fastify-sse-from'

/** What has a meaning of its own in a JSON string, or cannot be in one (RFC 8259, section 7). */
const NOT_PLAIN = /["\\\p{Cc}]/u

/** How many chunks are learned in a row that none repeats. */
const MAX_LEARNED = 4

/** A chunk that says nothing. */
const SILENT = readChunk({ choices: [{}] }) as Chunk

/**
 * Reads chunks that differ from an earlier one in their text alone, without parsing them. From many servers that is
 * most of an answer: its chunks have the same id, model and time.
 */
export class RepeatedChunk {
  /** What comes before and after the text; empty until a chunk was learned. */
  #start = ''
  #end = ''
  #learned = 0

  /** @returns the text of a chunk that says nothing else; `undefined` if it has to be parsed */
  textOf(data: string): string | undefined {
    const from = this.#start.length
    const to = data.length - this.#end.length
    // `startsWith` and `endsWith` take three times as long.
    if (from === 0 || data.slice(0, from) !== this.#start || data.slice(to) !== this.#end) return undefined
    const text = data.slice(from, to)
    if (text === '' || NOT_PLAIN.test(text)) return undefined
    this.#learned = 0
    return text
  }

  /** Learns from a chunk that was parsed. @param text of the chunk */
  learn(data: string, text: string): void {
    if (this.#learned === MAX_LEARNED || text === '' || NOT_PLAIN.test(text)) return
    this.#learned++
    const place = data.lastIndexOf(`"${text}"`) + 1
    const start = data.slice(0, place)
    const end = data.slice(place + text.length)
    // If the chunk says the probe, and nothing else, it would say any text in this place, and nothing else.
    const probed = jsonOf(start + PROBE + end)
    const expected: Chunk = { ...SILENT, first: { ...SILENT.first, text: PROBE } }
    if (!isObject(probed) || failureOf(probed) !== undefined || !isDeepStrictEqual(readChunk(probed), expected)) return
    this.#start = copyOf(start)
    this.#end = copyOf(end)
  }
}

/** A part of a text keeps all of it in memory, here whatever has arrived together. */
function copyOf(part: string): string {
  return Buffer.from(part).toString()
}
