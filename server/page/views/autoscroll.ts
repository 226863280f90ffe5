/** How near to the end counts as there. Browsers round. Pixels. */
const NEAR = 2

/** Keeps the end of a growing text in sight, from when it is told to until the reader scrolls up. */
export class Autoscroll {
  readonly #scroller: HTMLElement
  readonly #toEnd: HTMLElement
  #isFollowing = false
  /** Where the reader was, and where the end was. Pixels. */
  #top = 0
  #end = 0

  /** @param toEnd the button that is there while the end is out of sight */
  constructor(scroller: HTMLElement, content: Element, toEnd: HTMLElement) {
    this.#scroller = scroller
    this.#toEnd = toEnd
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    toEnd.addEventListener('click', () => {
      this.follow()
      scroller.focus({ preventScroll: true })
    })
    // Told after the layout and before the paint: whatever has grown, or left less room, nothing jumps.
    const observer = new ResizeObserver(() => this.#resized())
    observer.observe(scroller)
    observer.observe(content)
  }

  /** Goes to the end, and stays there. */
  follow(): void {
    this.#isFollowing = true
    this.#resized()
  }

  #resized(): void {
    if (this.#isFollowing) this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.#remember()
  }

  /** A scroll upwards is the reader's, unless there is less to be scrolled. */
  #scrolled(): void {
    const { top, end } = this.#measure()
    if (top < this.#top && end >= this.#end) this.#isFollowing = false
    else if (top >= end - NEAR) this.#isFollowing = true
    this.#remember()
  }

  #remember(): void {
    const { top, end } = this.#measure()
    this.#top = top
    this.#end = end
    this.#toEnd.hidden = this.#isFollowing || top >= end - NEAR
  }

  #measure() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller
    const end = scrollHeight - clientHeight
    // Some browsers let one scroll beyond the end, and bounce back.
    return { top: Math.min(scrollTop, end), end }
  }
}
