import { type SetItem, UnorderedSet } from './unordered-set.js'

interface Waiting extends SetItem {
  readonly callback: () => void
}

const waiting = new WeakMap<object, UnorderedSet<Waiting>>()

/**
 * Calls back once when something happens to a target that many streams may share: the abort of a signal, the end of a
 * connection. The target gets one listener for all of them, since Node takes more than a few for a leak.
 *
 * @param listen adds the one listener; used for the first callback of a target only
 * @returns a function that forgets the callback
 */
export function shareListener(
  target: object,
  listen: (listener: () => void) => void,
  callback: () => void
): () => void {
  const bag = waiting.get(target) ?? listenTo(target, listen)
  const entry: Waiting = { callback }
  bag.add(entry)
  return () => bag.delete(entry)
}

function listenTo(target: object, listen: (listener: () => void) => void): UnorderedSet<Waiting> {
  const bag = new UnorderedSet<Waiting>()
  waiting.set(target, bag)
  listen(() => bag.visit(({ callback }) => callback()))
  return bag
}

/** Calls back once when a signal is aborted. @returns a function that forgets the callback */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  return shareListener(signal, listener => signal.addEventListener('abort', listener), callback)
}
