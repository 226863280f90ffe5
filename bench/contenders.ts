import type { BenchRequest } from './request.js'

/** A server that scenarios measure. */
export interface Contender {
  /** Its name in tables and charts. Markdown. */
  readonly label: string
  /** Its file in `servers/`. */
  readonly file: string
  /** The npm package whose version the report states. */
  readonly npm?: string
  /** Whether it is a library or framework for Node that users would choose instead of ours. */
  readonly isPeer?: true
  /** How it is asked, where that differs from what the scenario says. */
  readonly request?: BenchRequest
}

const wholeStream: BenchRequest = { path: '/stream?prompt=Hello', accept: 'application/json' }

const wholeChat: BenchRequest = {
  path: '/v1/chat/completions',
  accept: 'application/json',
  body: { model: 'model', messages: [{ role: 'user', content: 'Hello' }] }
}

const all = {
  ours: { label: 'fastify-sse-from', file: 'ours.js' },
  limit: { label: 'the limit: `node:http`, one write per turn', file: 'limit.js' },
  nodeHttp: { label: '`node:http`, one write per token', file: 'node-http.js' },
  readableFrom: { label: 'Fastify, `Readable.from`', file: 'readable-from.js', npm: 'fastify', isPeer: true },
  fastifySse: { label: '@fastify/sse', file: 'fastify-sse.js', npm: '@fastify/sse', isPeer: true },
  fastifySseV2: { label: 'fastify-sse-v2', file: 'fastify-sse-v2.js', npm: 'fastify-sse-v2', isPeer: true },
  betterSse: { label: 'better-sse', file: 'better-sse.js', npm: 'better-sse', isPeer: true },
  hono: { label: 'hono, `streamSSE`', file: 'hono.js', npm: 'hono', isPeer: true },
  go: { label: 'Go, `net/http`', file: 'go' },
  objects: { label: 'objects, no schema', file: 'objects.js' },
  objectsTyped: { label: 'objects, typed route', file: 'objects-typed.js' },
  text: { label: 'text, no schema', file: 'ours.js' },
  textTyped: { label: 'text, typed route', file: 'text-typed.js' },
  resumable: { label: 'resumable, in memory', file: 'resumable.js' },
  limitNumbered: { label: 'the limit, with event ids', file: 'limit-numbered.js' },
  resumableRedis: { label: 'resumable, in Redis', file: 'resumable-redis.js', npm: 'ioredis' },
  nodes: { label: 'fastify-sse-from, two nodes', file: 'nodes.js' },
  nodesResumableStream: {
    label: 'resumable-stream, two nodes',
    file: 'nodes-resumable-stream.js',
    npm: 'resumable-stream',
    isPeer: true
  },
  proxy: { label: 'fastify-sse-from, `/stream`', file: 'proxy.js' },
  proxySdk: { label: 'fastify-sse-from, `openai`', file: 'proxy-sdk.js', npm: 'openai' },
  proxyFastifySse: { label: '@fastify/sse, `openai`', file: 'proxy-fastify-sse.js', npm: '@fastify/sse', isPeer: true },
  gateway: { label: 'fastify-sse-from, `openAiRoutes`', file: 'gateway.js' },
  gatewayLimit: { label: 'the limit: `node:http`, bytes piped', file: 'gateway-limit.js' },
  gatewayFastifySse: {
    label: '@fastify/sse, `openai`',
    file: 'gateway-fastify-sse.js',
    npm: '@fastify/sse',
    isPeer: true
  },
  h2: { label: 'fastify-sse-from', file: 'h2.js' },
  h2Node: { label: '`node:http2`, one write per token', file: 'h2-node.js' },
  h2ReadableFrom: { label: 'Fastify, `Readable.from`', file: 'h2-readable-from.js', npm: 'fastify', isPeer: true },
  h2FastifySse: { label: '@fastify/sse', file: 'h2-fastify-sse.js', npm: '@fastify/sse', isPeer: true },
  json: { label: 'fastify-sse-from, `json`', file: 'json.js' },
  jsonStream: { label: 'fastify-sse-from, `streamRoutes`', file: 'json-routes.js', request: wholeStream },
  jsonChat: { label: 'fastify-sse-from, `openAiRoutes`', file: 'json-routes.js', request: wholeChat },
  jsonFastify: { label: 'Fastify, a handler that collects', file: 'json-fastify.js', npm: 'fastify', isPeer: true }
} as const satisfies Record<string, Contender>

export type ContenderName = keyof typeof all

export const contenders: Readonly<Record<ContenderName, Contender>> = all

/** The contenders that can stream plain tokens from any source. */
export const general: readonly ContenderName[] = [
  'ours',
  'limit',
  'nodeHttp',
  'readableFrom',
  'fastifySse',
  'fastifySseV2',
  'betterSse',
  'hono',
  'go'
]

/** The general contenders that users would choose instead of ours. */
export const peers: readonly ContenderName[] = general.filter(name => contenders[name].isPeer)

/** Whether it is something that users would choose instead of ours, for Node or not. */
export function isAlternative(name: ContenderName): boolean {
  return contenders[name].isPeer === true || name === 'go'
}

/** The npm packages whose versions the report states. */
export function packages(): string[] {
  const named = Object.values(contenders).flatMap(({ npm }) => npm ?? [])
  return [...new Set([...named, '@hono/node-server'])].sort()
}
