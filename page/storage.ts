import type { Exchange } from './conversation.js'

const KEY = 'conversation'

/** What is stored has this form. Another is of another version of the page, and is not read. */
const FORM = 1

/** The conversation of this tab, as it was before a reload. */
export function loadConversation(storage: Storage | undefined): Exchange[] {
  try {
    const stored = JSON.parse(storage?.getItem(KEY) ?? '{}')
    return stored.form === FORM ? stored.exchanges : []
  } catch {
    return []
  }
}

/** @returns `false` where it cannot be kept: the browser forbids it, or it is too large */
export function saveConversation(storage: Storage | undefined, exchanges: readonly Exchange[]): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify({ form: FORM, exchanges }))
    return storage !== undefined
  } catch {
    return false
  }
}

/** Each tab has a conversation of its own, which ends with it. Browsers that are told to store nothing throw. */
export function tabStorage(): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
}
