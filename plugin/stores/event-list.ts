import { isDispatchedFrame } from '../sse/numbered-frames.js'
import { CompactList } from '../util/compact-list.js'

/** The frames of the events of a log, in order. */
export class EventList extends CompactList {
  #asides: Set<number> | undefined

  /** The indexes of the frames that clients do not dispatch, and that get no id; `undefined` if there are none. */
  get asides(): ReadonlySet<number> | undefined {
    return this.#asides
  }

  /** @param isDispatched whether clients dispatch the frame: its maker knows that without looking at the text */
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
