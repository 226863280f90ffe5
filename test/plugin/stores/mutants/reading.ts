import { until } from '../../../helpers/until.js'
import { Base, changingAppends, changingReads, type Mutant, mutant } from './mutant.js'

export const reading: readonly Mutant[] = [
  mutant(
    'trims frames',
    changingAppends(([id, producer, first, events, end]) => {
      return [id, producer, first, events.map(event => event.trim()), end]
    }),
    'read returns frames unchanged'
  ),
  mutant(
    'truncates large frames',
    changingAppends(([id, producer, first, events, end]) => {
      return [id, producer, first, events.map(event => event.slice(0, 65_535)), end]
    }),
    'read returns large frames unchanged'
  ),
  mutant(
    'returns only the start of a long log',
    changingReads((page, after) => ({ ...page, events: page.events.slice(0, Math.max(0, 1000 - after)) })),
    'a long log can be read to its end, page by page'
  ),
  mutant(
    'drops the start of a long log',
    changingReads((page, after) => {
      const forgotten = after === 0 ? Math.max(0, page.events.length - 1000) : 0
      return { ...page, first: page.first + forgotten, events: page.events.slice(forgotten) }
    }),
    'a long log can be read to its end, page by page'
  ),
  mutant(
    'returns pages without end',
    changingReads(page => ({ ...page, events: ['again'], more: true, end: undefined })),
    'a long log can be read to its end, page by page'
  ),
  mutant(
    'returns the end with every page',
    changingReads(page => ({ ...page, events: page.events.slice(0, 10) })),
    'a long log can be read to its end, page by page',
    'read returns what follows an event, and the end with the last event'
  ),
  mutant(
    'returns part of a log as all of it',
    changingReads(page => ({ ...page, events: page.events.slice(0, 10), end: undefined })),
    'a long log can be read to its end, page by page'
  ),
  mutant(
    'says that there is more when there is not',
    changingReads(page => ({ ...page, more: true })),
    'only the end follows the last event'
  ),
  mutant(
    'reads numbers as 32-bit integers',
    class extends Base {
      override async read(id: string, after: number) {
        const page = await super.read(id, after | 0)
        return page && { ...page, first: after + 1 }
      }
    },
    'only the end follows the last event'
  ),
  mutant(
    'reads the events, and later the end',
    class extends Base {
      override async read(id: string, after: number) {
        const page = await super.read(id, after)
        await until('the end', async () => (await this.peek(id)).end !== undefined)
        return page && { ...page, end: (await this.peek(id)).end }
      }
    },
    'a reader of a growing log gets every event once, in order'
  )
]
