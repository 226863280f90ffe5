import { newStreamId } from '../../plugin/resume/event-id.js'
import { serveAtOnce } from './at-once.js'

/** The limit where each event has the id by which a client comes back to it. Nothing is kept for a client that does. */
serveAtOnce(() => {
  const id = newStreamId()
  let sequence = 0
  return token => `id: ${id}:${++sequence}\ndata: ${token}\n\n`
})
