type Dispatcher = RequestInit['dispatcher']

/** Where Node keeps what its fetch sends requests with. There since the first use of fetch or its classes. */
const kDispatcher = Symbol.for('undici.globalDispatcher.1')

/**
 * What fetch sends requests with anyway, without its limits of 300 s for the head of a response and for the silence
 * between two chunks. On a Node that keeps it elsewhere: `undefined`, with which the limits stay.
 */
export function withoutLimits(): Dispatcher {
  const dispatcher: Dispatcher = Reflect.get(globalThis, kDispatcher)
  return (
    dispatcher &&
    ({
      dispatch: (options, handler) => dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler)
    } as typeof dispatcher)
  )
}
