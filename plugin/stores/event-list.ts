import { isDispatchedFrame } from '../sse/numbered-frames.js'
import { CompactList } from '../util/compact-list.js'

/** The events of a log, in order, as they are sent but without ids. */
export class EventList extends CompactList {
  #asides: Set<number> | undefined

  /** The indexes of those that clients do not dispatch, and that get no id; `undefined` for none. */
  get asides(): ReadonlySet<number> | undefined {
    return this.#asides
  }

  /** @param isDispatched whether clients dispatch it: who has just made it knows that without a look at its text */
  append(frame: string, isDispatched: boolean): void {
    if (!isDispatched) this.#asides = (this.#asides ?? new Set()).add(this.length)
    this.push(frame)
  }

  appendAll(frames: readonly string[]): void {
    let index = this.length
    for (const frame of frames) {
      if (!isDispatchedFrame(frame)) this.#asides = (this.#asides ?? new Set()).add(index)
      index++
    }
    this.pushAll(frames)
  }
}
