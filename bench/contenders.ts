/** A server of the bench. */
export interface Contender {
  /** What the tables call it. */
  readonly label: string
  /** Its file in `servers/`. */
  readonly file: string
  /** The npm package whose version the report tells. */
  readonly npm?: string
  /** A library or framework that a user would take in place of ours, on Node. */
  readonly isPeer?: true
}

const all = {
  ours: { label: 'fastify-sse-from', file: 'ours.js' },
  limit: { label: 'the limit: `node:http`, one write a turn', file: 'limit.js' },
  nodeHttp: { label: '`node:http`, one write a token', file: 'node-http.js' },
  readableFrom: { label: 'Fastify, `Readable.from`', file: 'readable-from.js', npm: 'fastify', isPeer: true },
  fastifySse: { label: '@fastify/sse', file: 'fastify-sse.js', npm: '@fastify/sse', isPeer: true },
  fastifySseV2: { label: 'fastify-sse-v2', file: 'fastify-sse-v2.js', npm: 'fastify-sse-v2', isPeer: true },
  betterSse: { label: 'better-sse', file: 'better-sse.js', npm: 'better-sse', isPeer: true },
  hono: { label: 'hono, `streamSSE`', file: 'hono.js', npm: 'hono', isPeer: true },
  go: { label: 'Go, `net/http`', file: 'go' },
  objects: { label: 'objects without a schema', file: 'objects.js' },
  objectsTyped: { label: 'objects of a typed route', file: 'objects-typed.js' },
  text: { label: 'text without a schema', file: 'ours.js' },
  textTyped: { label: 'text of a typed route', file: 'text-typed.js' },
  resumable: { label: 'resumable, memory', file: 'resumable.js' },
  limitNumbered: { label: 'the limit, with ids', file: 'limit-numbered.js' },
  resumableRedis: { label: 'resumable, redis', file: 'resumable-redis.js', npm: 'ioredis' },
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

/** Those that serve every work of plain tokens. */
export const everybody: readonly ContenderName[] = [
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

/** The npm packages that the report tells the versions of. */
export function packages(): string[] {
  const named = Object.values(contenders).flatMap(({ npm }) => npm ?? [])
  return [...new Set([...named, '@hono/node-server'])].sort()
}
