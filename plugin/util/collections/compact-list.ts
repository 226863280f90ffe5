/** The fewest texts that are worth merging. */
const MERGE = 64

/** The most texts that may wait to be merged. */
const MOST = 2048

/** Texts joined into one, and where each of them ends in it. */
interface Segment {
  readonly first: number
  readonly text: string
  readonly ends: Uint32Array
}

/**
 * A list of very many short texts, merged into a few long ones to save memory. The newest are kept as they are, since
 * nearly every reader asks for them.
 */
export class CompactList {
  readonly #segments: Segment[] = []
  #young: string[] = []
  /** How many texts are merged: the index of the first young one. */
  #old = 0
  #units = 0

  get length(): number {
    return this.#old + this.#young.length
  }

  /** The length of all texts together. UTF-16 code units. */
  get units(): number {
    return this.#units
  }

  push(text: string): void {
    const young = this.#young
    // A call of push would be most of the cost.
    young[young.length] = text
    this.#units += text.length
    if (young.length > MOST) this.compact()
  }

  /** Adds several texts at once. */
  pushAll(texts: readonly string[]): void {
    if (texts.length < MERGE) {
      for (const text of texts) this.push(text)
      this.settle()
    } else {
      this.compact()
      this.#units += this.#merge(texts)
    }
  }

  /** Merges the newest texts if there are many. For a moment when nobody is about to read them. */
  settle(): void {
    if (this.#young.length >= MERGE) this.compact()
  }

  /** Merges the newest texts. */
  compact(): void {
    if (this.#young.length === 0) return
    this.#merge(this.#young)
    this.#young = []
  }

  /** The text with this index, which must exist. */
  get(index: number): string {
    if (index >= this.#old) return this.#young[index - this.#old] as string
    const { first, text, ends } = this.#segments[this.#segmentAt(index)] as Segment
    const place = index - first
    return text.slice(place === 0 ? 0 : ends[place - 1], ends[place])
  }

  /** The texts from one index up to, but not including, another. */
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

  /** Copies the texts, so that whatever they were sliced from can be freed. @returns their length together */
  #merge(texts: readonly string[]): number {
    const ends = new Uint32Array(texts.length)
    let end = 0
    for (let i = 0; i < texts.length; i++) {
      end += (texts[i] as string).length
      ends[i] = end
    }
    this.#segments.push({ first: this.#old, text: texts.join(''), ends })
    this.#old += texts.length
    return end
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
