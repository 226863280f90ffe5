import { TextJoiner } from '../../../plugin/toolkit.js'
import type { AnswerPart } from '../../../routes/generate.js'
import type { Choice } from './chunk/chunk.js'

/** What an answer has said so far. A whole message repeats what the chunks before it have said. */
export class Said {
  readonly #characters = new TextJoiner()
  #text = ''
  #hasThought = false
  #hasRefused = false

  /** Whether there is neither text nor a refusal. */
  get isSilent(): boolean {
    return this.#text === '' && !this.#hasRefused
  }

  /** Whether there is nothing at all. */
  get isEmpty(): boolean {
    return this.isSilent && !this.#hasThought
  }

  /** Half a character that is left over when the answer has ended, or `''`. */
  rest(): string {
    return this.#characters.rest()
  }

  think({ reasoning, whole }: Choice): AnswerPart[] {
    if (whole !== undefined && this.#hasThought) return []
    this.#hasThought = true
    return [{ type: 'reasoning', text: reasoning }]
  }

  /** @returns the next text, without half a character at its end; it may be empty */
  say(text: string): string {
    this.#text += text
    return this.#characters.text(text)
  }

  refuse({ refusal, whole }: Choice): AnswerPart[] {
    if (whole !== undefined && this.#hasRefused) return []
    this.#hasRefused = true
    return [{ type: 'refusal', text: refusal }]
  }

  /** @returns what a whole message has beyond the text so far; `undefined` if it has other text, and more of it */
  restOf(whole: string): string | undefined {
    if (whole.startsWith(this.#text)) return whole.slice(this.#text.length)
    return withoutThoughts(whole).trim().length > this.#text.trim().length ? undefined : ''
  }
}

/** Some messages have the thoughts of the model in their text, and the chunks have them elsewhere. */
function withoutThoughts(message: string): string {
  return message.replace(/<think>[\s\S]*?<\/think>/, '')
}
