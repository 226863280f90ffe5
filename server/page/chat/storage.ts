import type { PageState } from './store.js'

/** What a reload must not lose. */
export type Kept = Pick<PageState, 'exchanges' | 'draft'>

const KEY = 'chat'

/** What is stored has this form. Another is of another version of the page, and is not read. */
const FORM = 1

/** What this tab had before a reload. */
export function load(storage: Storage | undefined): Kept {
  try {
    const { form, exchanges, draft } = JSON.parse(storage?.getItem(KEY) ?? '{}')
    if (form === FORM) return { exchanges, draft }
  } catch {
    // It is none of the page's.
  }
  return { exchanges: [], draft: '' }
}

/** @returns `false` where it cannot be kept: the browser forbids it, or it is too large */
export function save(storage: Storage | undefined, { exchanges, draft }: Kept): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify({ form: FORM, exchanges, draft }))
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
