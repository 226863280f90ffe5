import { type SetItem, UnorderedSet } from './collections/unordered-set.js'

interface Entry extends SetItem {
  readonly callback: () => void
}

const sets = new WeakMap<object, UnorderedSet<Entry>>()

/**
 * Calls back once when something happens to a target that streams share: a signal aborts, a connection ends. The target
 * gets one listener for all streams, since Node warns of a leak when there are more than ten (E7).
 *
 * @param listen adds that listener; called for the first callback of a target only
 * @returns a function that removes the callback
 */
export function shareListener(
  target: object,
  listen: (listener: () => void) => void,
  callback: () => void
): () => void {
  const callbacks = sets.get(target) ?? listenTo(target, listen)
  const entry: Entry = { callback }
  callbacks.add(entry)
  return () => callbacks.delete(entry)
}

function listenTo(target: object, listen: (listener: () => void) => void): UnorderedSet<Entry> {
  const callbacks = new UnorderedSet<Entry>()
  sets.set(target, callbacks)
  listen(() => callbacks.visit(({ callback }) => callback()))
  return callbacks
}

/** Calls back once when a signal aborts. @returns a function that removes the callback */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  return shareListener(signal, listener => signal.addEventListener('abort', listener), callback)
}
