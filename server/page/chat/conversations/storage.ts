import { newId } from './conversations.js'
import type { PageState } from './store.js'

/** What survives a reload. */
export type Kept = Pick<PageState, 'id' | 'revision' | 'title' | 'exchanges' | 'draft'>

const KEY = 'chat'

/** The version of the stored form. What another version of the page stored is not read. */
const VERSION = 2

/** Loads what this tab had before a reload. */
export function load(storage: Storage | undefined): Kept {
  try {
    const { form, id, revision, title, exchanges, draft } = JSON.parse(storage?.getItem(KEY) ?? '{}')
    if (form === VERSION) return { id, revision, title, exchanges, draft }
  } catch {
    // Something else was stored under this key.
  }
  return { id: newId(), revision: 0, title: undefined, exchanges: [], draft: '' }
}

/** @returns `false` if nothing was saved: the browser forbids it, or there is no room */
export function save(storage: Storage | undefined, { id, revision, title, exchanges, draft }: Kept): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify({ form: VERSION, id, revision, title, exchanges, draft }))
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

/** The storage of this browser. `undefined` if it is set to store nothing. */
export function browserStorage(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
