/** How much of an answer is read out. Characters. */
const MAX_READ = 1500

/** Has a screen reader say things, one at a time. An answer is said when it is there, not token by token. */
export class Announcer {
  readonly #region: HTMLElement

  constructor(region: HTMLElement) {
    this.#region = region
  }

  say(words: string): void {
    // A new node, so that the same words are said again.
    this.#region.replaceChildren(words)
  }
}

/** An answer as it is read out: not at any length, which could not be told to stop everywhere. */
export function spoken(text: string): string {
  if (text.length <= MAX_READ) return `Answer: ${text}`
  const end = text.lastIndexOf(' ', MAX_READ)
  return `Answer: ${text.slice(0, end === -1 ? MAX_READ : end)}… The rest is in the conversation.`
}
