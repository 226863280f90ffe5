/**
 * Makes an error without a stack trace, which would only show the plugin. It was measured to cost 3 µs for each client
 * that leaves.
 */
export function withoutTrace<Made extends Error>(make: () => Made): Made {
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0)
  const error = make()
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  return error
}
