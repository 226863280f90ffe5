/** How many texts are made one. Each is as short as a token where tokens come one by one. */
const MERGE = 64

/** Up to how many texts may wait to be made one. */
const MOST = 2048

/** Some texts as one, and where each of them ends in it. */
interface Segment {
  readonly first: number
  readonly text: string
  readonly ends: Uint32Array
}

/**
 * A list of very many short texts, kept as few long ones, which is what they cost least as. Those that came last are
 * kept as they are: nearly all who read ask for these.
 */
export class CompactList {
  readonly #segments: Segment[] = []
  #young: string[] = []
  /** The index of the first of the young ones. */
  #old = 0

  get length(): number {
    return this.#old + this.#young.length
  }

  push(text: string): void {
    const young = this.#young
    // A call of push would be most of what this costs.
    young[young.length] = text
    if (young.length > MOST) this.compact()
  }

  /** Adds texts that come together. */
  pushAll(texts: readonly string[]): void {
    if (texts.length < MERGE) {
      for (const text of texts) this.push(text)
      this.settle()
    } else {
      this.compact()
      this.#merge(texts)
    }
  }

  /** Makes one of those that came last, where they are many. For when nobody is about to read them. */
  settle(): void {
    if (this.#young.length >= MERGE) this.compact()
  }

  /** Makes one of those that came last. */
  compact(): void {
    if (this.#young.length === 0) return
    this.#merge(this.#young)
    this.#young = []
  }

  /** The text with an index, which has to be there. */
  get(index: number): string {
    if (index >= this.#old) return this.#young[index - this.#old] as string
    const { first, text, ends } = this.#segments[this.#segmentAt(index)] as Segment
    const place = index - first
    return text.slice(place === 0 ? 0 : ends[place - 1], ends[place])
  }

  /** The texts from one to, and without, another. */
  slice(from: number, to: number): string[] {
    if (from >= this.#old) return this.#young.slice(from - this.#old, to - this.#old)
    const texts: string[] = []
    for (let at = this.#segmentAt(from); texts.length < to - from && at < this.#segments.length; at++) {
      const { first, text, ends } = this.#segments[at] as Segment
      const place = Math.max(0, from - first)
      let start = place === 0 ? 0 : (ends[place - 1] as number)
      for (let i = place; i < ends.length && texts.length < to - from; i++) {
        const end = ends[i] as number
        texts.push(text.slice(start, end))
        start = end
      }
    }
    for (const text of this.#young.slice(0, Math.max(0, to - this.#old))) texts.push(text)
    return texts
  }

  /** They are copied: nothing that they were cut from is kept. */
  #merge(texts: readonly string[]): void {
    const ends = new Uint32Array(texts.length)
    let end = 0
    for (let i = 0; i < texts.length; i++) {
      end += (texts[i] as string).length
      ends[i] = end
    }
    this.#segments.push({ first: this.#old, text: texts.join(''), ends })
    this.#old += texts.length
  }

  /** The index of the segment that has a text. */
  #segmentAt(index: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#segments[middle] as Segment).first <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}
