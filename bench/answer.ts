import { createParser } from 'eventsource-parser'
import { type BenchRequest, tokensOf } from './request.js'
import type { BenchServer } from './server.js'
import { tokens } from './source.js'

/** Checks that a server sends the whole answer and nothing else: sending less is not being faster. */
export async function checkAnswer(server: BenchServer, request: BenchRequest): Promise<void> {
  const { path, accept = 'text/event-stream', body } = request
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    headers: { accept, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) })
  })
  const received = await response.text()
  const text = accept === 'application/json' ? textOf(received) : textOfEvents(received)
  if (text !== tokens.slice(0, tokensOf(request)).join(''))
    throw new Error(`${path} answered something else, with status ${response.status}: ${received.slice(0, 80)}`)
}

function textOfEvents(events: string): string {
  let text = ''
  const parser = createParser({
    onEvent({ event, data }) {
      if (event !== 'done' && data !== '[DONE]') text += textOf(data)
    }
  })
  parser.feed(events)
  return text
}

/** Some servers send text as JSON, some scenarios send objects, and some servers speak OpenAI's API. */
function textOf(data: string): string {
  if (!/^["{]/.test(data)) return data
  const value = JSON.parse(data)
  if (typeof value === 'string') return value
  if (value.choices === undefined) return value.text
  const { delta, message } = value.choices[0] ?? {}
  return (delta ?? message)?.content ?? ''
}
