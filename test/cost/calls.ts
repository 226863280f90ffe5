import { createHook } from 'node:async_hooks'
import type { Server, Socket } from 'node:net'
import type { Counter } from './counter.js'

/** What is counted, by the names that Node gives to asynchronous resources. */
const RESOURCES: Readonly<Record<string, string>> = {
  PROMISE: 'promises',
  TickObject: 'ticks',
  Timeout: 'timers',
  Immediate: 'immediates'
}

/**
 * Counts the calls of `write` of the sockets of a server, the writes to the network that come of them, and what the
 * process makes that runs later: promises, ticks, timers and immediates.
 */
export function countCalls(server: Server): Counter {
  const names = ['calls', 'writes', ...Object.values(RESOURCES)]
  const counts = Object.fromEntries(names.map(name => [name, 0]))
  let isCounting = false
  const count = (name: string) => {
    if (isCounting) counts[name] = (counts[name] ?? 0) + 1
  }
  const hook = createHook({
    init(_id, type) {
      const name = RESOURCES[type]
      if (name !== undefined) count(name)
    }
  })
  server.on('connection', (socket: Socket) => {
    before(socket, 'write', () => count('calls'))
    before(socket, '_write', () => count('writes'))
    before(socket, '_writev', () => count('writes'))
  })
  return {
    start() {
      hook.enable()
      isCounting = true
    },
    stop() {
      isCounting = false
      hook.disable()
    },
    counts: () => counts
  }
}

/** Calls something before each call of a method of an object. */
function before<T extends object>(object: T, method: keyof T, act: () => void): void {
  const original = object[method] as (...args: unknown[]) => unknown
  const replacement = (...args: unknown[]) => {
    act()
    return original.apply(object, args)
  }
  Object.assign(object, { [method]: replacement })
}
