import { type OpenStreamOptions, openStream, type SseStream, SseStreamError } from 'fastify-sse-from/client'
import type { Tokens } from 'fastify-sse-from/routes'
import { useEffect, useRef, useState } from 'react'

interface Answer {
  text: string
  state: 'none' | 'running' | 'complete' | 'stopped' | 'failed'
  error?: unknown
}

interface Options {
  /** Sent with each request, such as `authorization`. A function makes them anew for each. */
  headers?: OpenStreamOptions['headers']
  /** The name under which the tab remembers its last answer, which is shown again after a reload. */
  remember?: string
}

/** Reads the answers of a route with the events of `streamRoutes`, one at a time. */
export function useStream(url: string, { headers, remember = `stream of ${url}` }: Options = {}) {
  const [answer, setAnswer] = useState<Answer>({ text: '', state: 'none' })
  const current = useRef<SseStream<typeof Tokens>>(undefined)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page was loaded
  useEffect(() => {
    const id = sessionStorage.getItem(remember)
    if (id !== null) void follow({ resume: id }) // the page was loaded again: its answer, from the start
    return () => current.current?.close() // the component is gone: the request ends
  }, [])

  async function ask(body: object) {
    void current.current?.stop() // nobody waits for the old answer any more, so its source stops
    sessionStorage.removeItem(remember)
    await follow({ body })
  }

  function keep(stream: SseStream<typeof Tokens>) {
    if (current.current === stream && stream.id !== undefined) sessionStorage.setItem(remember, stream.id)
  }

  async function follow(asked: { body: object } | { resume: string }) {
    const stream = openStream<typeof Tokens>(url, { ...asked, headers, onOpen: keep })
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
      const isGone = 'resume' in asked && error instanceof SseStreamError && [404, 410].includes(error.statusCode ?? 0)
      if (isGone) sessionStorage.removeItem(remember) // the server keeps an answer for some minutes
      show(isGone ? { text, state: 'none' } : { text, state: 'failed', error })
    }
  }

  return { ...answer, ask, stop: () => current.current?.stop() }
}
