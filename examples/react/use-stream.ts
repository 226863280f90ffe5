import { openStream, type SseStream } from 'fastify-sse-from/client'
import type { Tokens } from 'fastify-sse-from/routes'
import { useEffect, useRef, useState } from 'react'

interface Answer {
  text: string
  state: 'none' | 'running' | 'complete' | 'stopped' | 'failed'
  error?: unknown
}

/** Reads the answers of a route with the events of `streamRoutes`, one at a time. */
export function useStream(url: string) {
  const [answer, setAnswer] = useState<Answer>({ text: '', state: 'none' })
  const current = useRef<SseStream<typeof Tokens>>(undefined)
  useEffect(() => () => current.current?.close(), []) // the component is gone: the request ends

  async function ask(body: object) {
    void current.current?.stop() // nobody waits for the old answer any more, so its source stops
    const stream = openStream<typeof Tokens>(url, { body })
    current.current = stream
    const show = (next: Answer) => current.current === stream && setAnswer(next)
    let text = ''
    show({ text, state: 'running' })
    await null // StrictMode runs effects twice: the first stream is closed here, before it has sent its request
    try {
      for await (const event of stream) {
        if (event.event === 'message') text += event.data
        show({ text, state: 'running' })
      }
      show({ text, state: stream.complete ? 'complete' : 'stopped' })
    } catch (error) {
      show({ text, state: 'failed', error })
    }
  }

  return { ...answer, ask, stop: () => current.current?.stop() }
}
