import type { PageState } from './store.js'

/** What survives a reload. */
export type Kept = Pick<PageState, 'exchanges' | 'draft'>

const KEY = 'chat'

/** The version of the stored form. What another version of the page stored is not read. */
const VERSION = 1

/** Loads what this tab had before a reload. */
export function load(storage: Storage | undefined): Kept {
  try {
    const { form, exchanges, draft } = JSON.parse(storage?.getItem(KEY) ?? '{}')
    if (form === VERSION) return { exchanges, draft }
  } catch {
    // Something else was stored under this key.
  }
  return { exchanges: [], draft: '' }
}

/** @returns `false` if nothing was saved: the browser forbids it, or there is no room */
export function save(storage: Storage | undefined, { exchanges, draft }: Kept): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify({ form: VERSION, exchanges, draft }))
    return storage !== undefined
  } catch {
    return false
  }
}

/** The storage of this tab, which is deleted with it. `undefined` if the browser is set to store nothing. */
export function tabStorage(): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
}
