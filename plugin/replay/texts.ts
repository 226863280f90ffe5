/** How many segments are made one. Each is as short as a token where tokens come one by one. */
const MERGE = 64

/** How long a segment gets by adding to it. UTF-16 code units. */
const SEGMENT = 4096

/** A list of very many short texts, kept as few long ones, which is what they cost least as. */
export class Texts {
  /** Each holds some of the texts, in order. */
  readonly #segments: string[] = []
  /** The index of the first text of each segment. */
  readonly #firsts: number[] = []
  /** Where each text ends in its segment. */
  readonly #ends: number[] = []
  /** How many of the last segments were not merged yet. */
  #loose = 0
  /** Whether the last segment takes more. */
  #isOpen = false

  get length(): number {
    return this.#ends.length
  }

  push(text: string): void {
    const last = this.#segments.length - 1
    if (this.#isOpen) {
      const segment = (this.#segments[last] as string) + text
      this.#segments[last] = segment
      this.#ends.push(segment.length)
      if (segment.length > SEGMENT) this.#close(segment)
    } else {
      this.#add(text)
      this.#isOpen = true
    }
  }

  /** Adds texts that come together. They are copied: nothing that they were cut from is kept. */
  pushAll(texts: readonly string[]): void {
    if (texts.length === 0) return
    this.#add('')
    let end = 0
    this.#ends.pop()
    for (const text of texts) {
      end += text.length
      this.#ends.push(end)
    }
    this.#segments[this.#segments.length - 1] = texts.join('')
  }

  /** The texts from one on, up to a number of them. */
  slice(from: number, limit: number): string[] {
    const to = Math.min(this.length, from + limit)
    const texts: string[] = []
    for (let i = from; i < to; i++) texts.push(this.join(i, i + 1))
    return texts
  }

  /**
   * How many texts from one on can be had as one: those of its segment that are not longer together than so many UTF-16
   * code units, and at least one.
   */
  run(from: number, units: number): number {
    const segment = this.#segmentOf(from)
    const end = this.#firsts[segment + 1] ?? this.length
    const start = this.#startOf(from, segment)
    if ((this.#ends[end - 1] as number) - start <= units) return end - from
    let to = from + 1
    while (to < end && (this.#ends[to] as number) - start <= units) to++
    return to - from
  }

  /** The texts from one to, and without, another of the same segment, as one. */
  join(from: number, to: number): string {
    const segment = this.#segmentOf(from)
    // What is read of a text that is still growing would be copied again with all that is added to it.
    if (segment === this.#segments.length - 1) this.#isOpen = false
    return (this.#segments[segment] as string).slice(this.#startOf(from, segment), this.#ends[to - 1])
  }

  /** Takes nothing more. To ask for a code unit makes one string of all that was added, which until then is a tree of small ones. */
  #close(segment: string): void {
    this.#isOpen = false
    segment.charCodeAt(0)
  }

  #add(text: string): void {
    if (this.#loose === MERGE) this.#merge()
    this.#firsts.push(this.length)
    this.#segments.push(text)
    this.#ends.push(text.length)
    this.#loose++
  }

  #merge(): void {
    const at = this.#segments.length - MERGE
    let base = 0
    for (let segment = at; segment < this.#segments.length; segment++) {
      const end = this.#firsts[segment + 1] ?? this.length
      for (let i = this.#firsts[segment] as number; i < end; i++) this.#ends[i] = (this.#ends[i] as number) + base
      base += (this.#segments[segment] as string).length
    }
    this.#segments.push(this.#segments.splice(at).join(''))
    this.#firsts.length = at + 1
    this.#loose = 0
  }

  #startOf(index: number, segment: number): number {
    return index === this.#firsts[segment] ? 0 : (this.#ends[index - 1] as number)
  }

  /** Most ask for what came last. */
  #segmentOf(index: number): number {
    let high = this.#firsts.length - 1
    if (index >= (this.#firsts[high] as number)) return high
    let low = 0
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#firsts[middle] as number) <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}
