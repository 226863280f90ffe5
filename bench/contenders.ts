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
    npm: 'resumable-stream'
  },
  proxy: { label: 'fastify-sse-from, `/stream`', file: 'proxy.js' },
  proxySdk: { label: 'fastify-sse-from, `openai`', file: 'proxy-sdk.js', npm: 'openai' },
  proxyFastifySse: { label: '@fastify/sse, `openai`', file: 'proxy-fastify-sse.js', npm: '@fastify/sse', isPeer: true }
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

/** The npm packages whose versions the report states. */
export function packages(): string[] {
  const named = Object.values(contenders).flatMap(({ npm }) => npm ?? [])
  return [...new Set([...named, '@hono/node-server'])].sort()
}
