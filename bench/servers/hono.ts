import type { Server } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { sourceOf } from '../source.js'
import { host } from './host.js'

const app = new Hono()
app.get('/*', context =>
  streamSSE(context, async stream => {
    const controller = new AbortController()
    stream.onAbort(() => controller.abort())
    for await (const data of sourceOf(context.req.url, controller.signal)) await stream.writeSSE({ data })
  })
)

host(createAdaptorServer({ fetch: app.fetch }) as Server)
