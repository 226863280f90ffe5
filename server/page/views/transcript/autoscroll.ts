/** How far from the end still counts as the end, since browsers round. Pixels. */
const NEAR = 2

/** Keeps the end of a growing text in sight until the reader scrolls up. */
export class Autoscroll {
  readonly #scroller: HTMLElement
  readonly #toEnd: HTMLElement
  #isFollowing = false
  /** The last position of the reader, and of the end. Pixels. */
  #top = 0
  #end = 0

  /** @param toEnd the button that is shown while the end is out of sight */
  constructor(scroller: HTMLElement, content: Element, toEnd: HTMLElement) {
    this.#scroller = scroller
    this.#toEnd = toEnd
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    toEnd.addEventListener('click', () => {
      this.follow()
      scroller.focus({ preventScroll: true })
    })
    // A ResizeObserver runs after the layout and before the paint, so nothing jumps.
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

  /** A scroll upwards is the reader's, unless the content has become shorter. */
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
    // Some browsers scroll beyond the end, and bounce back.
    return { top: Math.min(scrollTop, end), end }
  }
}
