const waiting = new WeakMap<object, Set<() => void>>()

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
  let callbacks = waiting.get(target)
  if (callbacks === undefined) {
    const all = new Set<() => void>()
    callbacks = all
    waiting.set(target, all)
    listen(() => {
      for (const call of all) call()
    })
  }
  callbacks.add(callback)
  return () => callbacks.delete(callback)
}

/** Calls back once when a signal is aborted. @returns a function that forgets the callback */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  return shareListener(signal, listener => signal.addEventListener('abort', listener), callback)
}
