import { newStreamId } from '../../plugin/resume/log/event-id.js'
import { serveAtOnce } from './at-once.js'

/** The limit, with ids on its events. It keeps no events, so no client can resume. */
serveAtOnce(() => {
  const id = newStreamId()
  let sequence = 0
  return token => `id: ${id}:${++sequence}\ndata: ${token}\n\n`
})
