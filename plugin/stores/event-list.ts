import { isDispatchedFrame } from '../sse/numbered-frames.js'
import { CompactList } from '../util/collections/compact-list.js'

/** The frames of the events of a log, in order. */
export class EventList extends CompactList {
  #asides: Set<number> | undefined
  /** How much more it may hold before it asks for room. UTF-16 code units. */
  #room = Number.POSITIVE_INFINITY
  #grow: ((units: number) => number) | undefined

  /** The indexes of the frames that clients do not dispatch, and that get no id; `undefined` if there are none. */
  get asides(): ReadonlySet<number> | undefined {
    return this.#asides
  }

  /**
   * Limits how much it holds. By default, nothing does.
   *
   * @param room how much that is now, in UTF-16 code units; `Infinity` without `grow` to limit it no longer
   * @param grow called before it holds more. It takes how much more is needed, and returns how much it may be. What it
   *   throws is thrown by `append` and `appendAll`, which then add nothing
   */
  limit(room: number, grow?: (units: number) => number): void {
    this.#room = room - this.units
    this.#grow = grow
  }

  /** @param isDispatched whether clients dispatch the frame: its maker knows that without looking at the text */
  append(frame: string, isDispatched: boolean): void {
    this.#take(frame.length)
    if (!isDispatched) this.#asides = (this.#asides ?? new Set()).add(this.length)
    this.push(frame)
  }

  appendAll(frames: readonly string[]): void {
    this.#take(frames.reduce((sum, frame) => sum + frame.length, 0))
    let index = this.length
    for (const frame of frames) {
      if (!isDispatchedFrame(frame)) this.#asides = (this.#asides ?? new Set()).add(index)
      index++
    }
    this.pushAll(frames)
  }

  #take(units: number): void {
    if (this.#grow !== undefined && units > this.#room) this.#room += this.#grow(units - this.#room)
    this.#room -= units
  }
}
