import { createParser } from 'eventsource-parser'
import type { BenchServer } from './server.js'
import { tokens } from './source.js'

/** Checks that a server sends the whole answer and nothing else: sending less is not being faster. */
export async function checkAnswer(server: BenchServer, path: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { accept: 'text/event-stream' } })
  let text = ''
  const parser = createParser({
    onEvent({ event, data }) {
      if (event !== 'done') text += textOf(data)
    }
  })
  parser.feed(await response.text())
  if (text !== tokens.join(''))
    throw new Error(`${path} answered something else, with status ${response.status}: ${text.slice(0, 80)}`)
}

/** Some servers send text as JSON, and some scenarios send objects. */
function textOf(data: string): string {
  if (!/^["{]/.test(data)) return data
  const value = JSON.parse(data)
  return typeof value === 'string' ? value : value.text
}
