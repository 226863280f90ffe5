/** What a page has and Node has not. A worker has no document. */
interface Surroundings extends Pick<typeof globalThis, 'AbortController'> {
  addEventListener?: EventTarget['addEventListener']
  document?: { readonly hidden: boolean }
}

/**
 * Calls back when there may be a network again: the browser is online, or the page is shown again, after it was in the
 * background, in the cache of the history, or asleep with its device. In Node, it never does.
 *
 * @param signal removes the listeners
 */
export function onReturn(callback: () => void, signal: AbortSignal): void {
  const page: Surroundings = globalThis
  for (const type of ['online', 'pageshow', 'visibilitychange']) {
    page.addEventListener?.(type, () => page.document?.hidden || callback(), { signal })
  }
}
