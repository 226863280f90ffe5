const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when a signal is aborted, with one listener on the signal however many streams share it: Node takes more
 * than a few for a leak.
 *
 * @returns a function that forgets the callback
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let waiting = callbacks.get(signal)
  if (waiting === undefined) {
    const all = new Set<() => void>()
    waiting = all
    callbacks.set(signal, all)
    const callAll = () => {
      for (const call of all) call()
    }
    signal.addEventListener('abort', callAll, { once: true })
  }
  waiting.add(callback)
  return () => waiting.delete(callback)
}
