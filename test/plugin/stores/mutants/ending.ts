import { FST_SSE_PRODUCER_FENCED } from '../../../../plugin/errors.js'
import { type Append, Base, changingAppends, changingReads, type Mutant, mutant } from './mutant.js'

export const ending: readonly Mutant[] = [
  mutant(
    'reports every end as lost',
    changingReads(page => ({ ...page, end: page.end && { ...page.end, lost: true } })),
    'one append can store events and the end'
  ),
  mutant(
    'ignores an end without events',
    changingAppends(([id, producer, first, events, end]) => [id, producer, first, events, events[0] && end]),
    'a log can end without further events, and without any'
  ),
  mutant(
    'ignores an empty end',
    changingAppends(([id, producer, first, events, end]) => [id, producer, first, events, end || undefined]),
    'the frame of the end may be empty'
  ),
  mutant(
    'fences a producer that repeats its end',
    class extends Base {
      override async append(...args: Append) {
        if ((await this.peek(args[0])).end !== undefined) throw new FST_SSE_PRODUCER_FENCED()
        return await super.append(...args)
      }
    },
    'a producer may repeat its end',
    'endLost does not end a log that its producer has ended',
    'follow, unfollow and stop do not change an ended log'
  ),
  mutant(
    'ignores an end that comes with repeated events',
    changingAppends(([id, producer, first, events, end], there) => {
      return [id, producer, first, events, first === there + 1 ? end : undefined]
    }),
    'an end is stored if the events that come with it already are'
  ),
  mutant(
    'stores an end before the last event',
    changingAppends(([id, producer, first, events, end], there) => {
      const isBehind = end !== undefined && first <= there
      return isBehind ? [id, producer, there + 1, [], end] : [id, producer, first, events, end]
    }),
    'an end is not stored before the last event'
  ),
  mutant(
    'accepts events after the end without storing them',
    class extends Base {
      override async append(...args: Append) {
        const { end, events } = await this.peek(args[0])
        if (end !== undefined && args[4] === undefined) return events.length
        return await super.append(...args)
      }
    },
    'nothing is stored after the end, and no other end replaces it'
  ),
  mutant(
    'accepts any end of a log that has ended',
    class extends Base {
      override async append(...args: Append) {
        return await super.append(...args).catch(async error => {
          if (args[4] === undefined) throw error
          return (await this.peek(args[0])).events.length
        })
      }
    },
    'one of 50 ends that race ends the log'
  )
]
