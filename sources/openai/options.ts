import { checkNames, FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'
import { type Endpoint, toEndpoint } from './endpoint.js'

/** The longest delay of a timer in Node. Milliseconds. */
const MAX_MS = 2 ** 31 - 1

/** What `openAiSource` takes. */
export interface OpenAiOptions {
  /**
   * The base URL of the server, which usually ends in `/v1`, or the full URL of its chat completions. A query is kept:
   * `https://example.openai.azure.com/openai/v1?api-version=preview`. Redirects are not followed.
   *
   * @default 'https://api.openai.com/v1'
   */
  baseURL?: string | undefined
  /** The API key, sent as a bearer token. Most local servers need none. It never appears in errors or logs. */
  apiKey?: string | undefined
  /**
   * The model to ask for, whatever the client asks for; or a function of what the client asks for, for a server that
   * has several.
   *
   * @example
   * ```ts
   * model: (asked = 'small') => asked
   * ```
   */
  model: string | ((asked: string | undefined) => string)
  /**
   * How long the provider may take to begin its answer. After that there is no limit, neither in total nor between two
   * tokens. Connecting is limited to 10 s by `fetch`. Milliseconds, from 1 to 2147483647.
   *
   * @default 600000
   */
  timeout?: number | undefined
  /**
   * Whether to ask for the numbers of tokens with `stream_options: { include_usage: true }`. A server that refuses the
   * option, with a 400, a 422 or an error without a status, is asked again without it, and never with it again. `false`
   * saves that first request.
   *
   * @default true
   */
  includeUsage?: boolean | undefined
}

/** The options, checked, with their defaults. */
export interface Settings {
  endpoint: Endpoint
  apiKey: string
  model: (asked: string | undefined) => string
  timeout: number
  includeUsage: boolean
}

const NAMES = ['baseURL', 'apiKey', 'model', 'timeout', 'includeUsage']

/** @throws FST_SSE_OPTION_INVALID */
export function toSettings(options: OpenAiOptions): Settings {
  // With a misspelt address, the key and the conversations would go to OpenAI.
  checkNames(options, NAMES)
  const { baseURL = 'https://api.openai.com/v1', apiKey = '', model, timeout = 600_000, includeUsage = true } = options
  // The error of fetch for an invalid header repeats its value.
  check(/^[\x21-\x7e]*$/.test(apiKey), 'apiKey', 'takes visible ASCII characters')
  const isModel = typeof model === 'function' || (typeof model === 'string' && model !== '')
  check(isModel, 'model', 'takes the name of a model, or a function that gives it')
  const isTime = Number.isInteger(timeout) && timeout >= 1 && timeout <= MAX_MS
  check(isTime, 'timeout', `takes a whole number of milliseconds from 1 to ${MAX_MS}`)
  check(typeof includeUsage === 'boolean', 'includeUsage', 'takes true or false')
  const modelOf = typeof model === 'function' ? model : () => model
  return { endpoint: toEndpoint(baseURL), apiKey, model: modelOf, timeout, includeUsage }
}

function check(isValid: boolean, option: keyof OpenAiOptions, what: string): void {
  if (!isValid) throw new FST_SSE_OPTION_INVALID(option, what)
}
