import { type TSchema, Type } from '@sinclair/typebox'
import { FST_SSE_OPTION_INVALID } from '../errors.js'
import { compileValidator, hasMethods } from '../util/validate.js'
import type { EventStore } from './event-store.js'

const callback = Type.Function([], Type.Unknown())
const method = { ...callback, description: 'a method' }

/** TypeBox counts no infinite number as a number. */
function positive(description: string) {
  return Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Literal(Number.POSITIVE_INFINITY)], { description })
}

const SLOTS = 'an object with take, renew and release'

const Members = Type.Object(
  {
    maxEvents: positive('a positive number'),
    maxBytes: positive('a positive number'),
    lease: positive('a positive number of milliseconds'),
    linger: Type.Optional(Type.Number({ minimum: 0, description: 'a non-negative number of milliseconds' })),
    create: method,
    append: method,
    renew: method,
    read: method,
    follow: method,
    unfollow: method,
    endLost: method,
    stop: method,
    subscribe: method,
    // Last, since an error would be found in it first if its methods are inherited.
    local: Type.Optional(
      Type.Object({ share: callback, events: callback }, { description: 'an object with share and events' })
    ),
    slots: Type.Optional(Type.Object({}, { description: SLOTS }))
  } satisfies Record<keyof EventStore, TSchema>,
  { description: 'an EventStore, such as a MemoryStore or a RedisStore' }
)

const names = Object.keys(Members.properties) as (keyof EventStore)[]
const validate = compileValidator(Members)

/**
 * Checks the `store` option, so that a store that lacks something fails at registration, not in a stream.
 *
 * @throws FST_SSE_OPTION_INVALID, which names the member that is wrong or missing, as in `store.unfollow`
 */
export function validateStore(store: EventStore): void {
  const isObject = typeof store === 'object' && store !== null
  // In a copy, since schemas do not see what is inherited.
  const problem = validate(isObject ? Object.fromEntries(names.map(name => [name, store[name]])) : store)
  if (problem !== undefined) {
    throw new FST_SSE_OPTION_INVALID(problem.where === '' ? 'store' : `store.${problem.where}`, problem.what)
  }
  if (store.slots !== undefined && !hasMethods(store.slots, ['take', 'renew', 'release'])) {
    throw new FST_SSE_OPTION_INVALID('store.slots', `takes ${SLOTS}`)
  }
}
