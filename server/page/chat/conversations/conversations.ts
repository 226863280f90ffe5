import { canContinue } from '../outcome.js'
import type { Exchange } from './conversation.js'

/** How long a title is. Characters. */
const MAX_TITLE = 60

/** A conversation as the list shows it. */
export interface Summary {
  readonly id: string
  readonly title: string
  readonly revision: number
  /** Milliseconds since 1970. */
  readonly changedAt: number
  /** When it was deleted. It can be brought back for a while. Milliseconds since 1970. */
  readonly deletedAt?: number | undefined
}

/** A conversation as it is kept. */
export interface Conversation {
  readonly id: string
  readonly revision: number
  /** The name that the reader has given to it. */
  readonly title: string | undefined
  readonly exchanges: readonly Exchange[]
}

/** An id that nobody else has. `crypto.randomUUID` is for pages that came over TLS or from the same machine. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** The name of a conversation: the one it was given, or the start of its first question. */
export function titleOf({ title, exchanges }: Pick<Conversation, 'title' | 'exchanges'>): string {
  return title ?? shortened(exchanges[0]?.prompt ?? '')
}

/** A title in one line. */
export function shortened(text: string): string {
  const characters = [...text.trim().replace(/\s+/g, ' ')]
  return characters.length > MAX_TITLE ? `${characters.slice(0, MAX_TITLE - 1).join('')}…` : characters.join('')
}

/**
 * Whether the version of another tab replaces this tab's. An answer that both follow is not replaced by one that has
 * less of it.
 */
export function isNewer(theirs: Conversation, ours: Conversation): boolean {
  if (theirs.revision <= ours.revision) return false
  const [their, our] = [theirs, ours].map(({ exchanges }) => exchanges.at(-1)?.answer)
  const isSameStream = our?.streamId !== undefined && our.streamId === their?.streamId
  const hasEnded = their?.state === 'complete' || their?.state === 'stopped'
  return !isSameStream || hasEnded || theirs.exchanges.length !== ours.exchanges.length
}

/** Whether a change is one that other tabs must know of. An answer that only lost its connection is none. */
export function isTurn(now: readonly Exchange[], before: readonly Exchange[]): boolean {
  const [is, was] = [now.at(-1)?.answer, before.at(-1)?.answer]
  if (is === undefined || (is.state === 'running' && is.streamId === undefined)) return false
  if (is.state !== 'running') return is.state !== was?.state && !canContinue(is)
  return is.streamId !== was?.streamId
}
