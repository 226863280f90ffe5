import { SourceDeadlines, type SourceTimeouts, type TimedRun } from '../../source/source-deadlines.js'
import { isPromiseLike } from '../../util/promise.js'
import type { Deadlines } from '../../util/timing/deadlines.js'
import type { Slot } from './slot.js'

/** What limits one run of a source (V5): its slot among the streams that may run, and its deadlines. */
export class RunLimits {
  readonly deadlines: SourceDeadlines
  readonly #takeSlot: () => Slot | Promise<Slot>
  #slot: Slot | undefined
  #isOver = false

  /** @param takeSlot takes the slot, and throws or rejects if there is none */
  constructor(run: TimedRun, timeouts: SourceTimeouts, deadlines: Deadlines, takeSlot: () => Slot | Promise<Slot>) {
    this.deadlines = new SourceDeadlines(run, timeouts, deadlines)
    this.#takeSlot = takeSlot
  }

  /** Whether the run has its slot. */
  get hasSlot(): boolean {
    return this.#slot !== undefined
  }

  /**
   * Takes the slot, unless the run has it.
   *
   * @returns `undefined` if that took no time. When a promise resolves, the run may be over.
   * @throws what `takeSlot` throws; if that gives a promise, the result rejects with it
   */
  takeSlot(): Promise<void> | undefined {
    if (this.hasSlot) return undefined
    const slot = this.#takeSlot()
    if (isPromiseLike(slot)) return slot.then(late => this.#hold(late))
    this.#hold(slot)
    return undefined
  }

  /** Called when the source is ended, or has ended. */
  end(): void {
    this.#isOver = true
    this.deadlines.stop()
    this.#slot?.release()
  }

  #hold(slot: Slot): void {
    if (this.#isOver) slot.release()
    else this.#slot = slot
  }
}
