import type { GenerateRequest } from '../../../routes/index.js'

/** A request that a client sends, shortened: its texts and schemas say less, and all kinds of fields are there. */
export interface Recorded {
  /** What the client asks for. */
  readonly name: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body: Record<string, unknown>
  /** What `generate` must be asked, at the least. */
  readonly asked: Partial<GenerateRequest>
}

/** A client, and what it sends. Its comment says where that was read. */
export interface RecordedClient {
  readonly client: string
  /** How it asks for the models, where it does. */
  readonly models?: { readonly path: string; readonly headers: Record<string, string> }
  readonly requests: readonly Recorded[]
}

export const bearer = { authorization: 'Bearer dummy' }

/** What the SDKs of OpenAI and Anthropic add. */
export const stainless = {
  accept: 'application/json',
  'x-stainless-lang': 'js',
  'x-stainless-package-version': '5.11.0',
  'x-stainless-retry-count': '0',
  'x-stainless-runtime': 'node',
  'x-stainless-timeout': '600'
}

export const png = 'data:image/png;base64,iVBORw0KGgo='
export const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
export const args = '{"path":"a.txt"}'
