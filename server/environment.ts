import { type Static, Type } from '@sinclair/typebox'
import { envSchema } from 'env-schema'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Keys have no commas. Spaces around a comma do not count. */
const LIST_OF_KEYS = '^[\x21-\x2b\x2d-\x7e]+( *, *[\x21-\x2b\x2d-\x7e]+)*$'

/** The variables. An error says what a variable takes by its `description`. */
const Schema = Type.Object({
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535, description: 'a port from 0 to 65535' }),
  HOST: Type.String({ default: '127.0.0.1', description: 'the address to listen on' }),
  LOG_LEVEL: Type.String({ default: 'info', enum: LEVELS, description: `one of ${LEVELS.join(', ')}` }),
  OPENAI_BASE_URL: Type.Optional(Type.String({ description: 'an http or https URL without a password' })),
  OPENAI_API_KEY: Type.Optional(
    Type.String({ pattern: '^[\x21-\x7e]+$', description: 'a key of visible ASCII characters' })
  ),
  OPENAI_MODEL: Type.String({
    default: 'gpt-5-mini',
    description: 'names of models, separated by commas, the default first'
  }),
  REDIS_URL: Type.Optional(Type.String({ description: 'a redis or rediss URL' })),
  API_KEYS: Type.Optional(
    Type.String({ pattern: LIST_OF_KEYS, description: 'keys of visible ASCII characters, separated by commas' })
  ),
  ALLOWED_HOSTS: Type.Optional(Type.String({ description: 'host names without a port, separated by commas' })),
  ALLOWED_ORIGINS: Type.Optional(
    Type.String({ description: 'origins such as https://app.example.com, separated by commas' })
  ),
  DRAIN_TIMEOUT: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 3_600_000, description: 'milliseconds from 0 to 3600000' })
  ),
  METRICS: Type.Optional(Type.String({ enum: ['0', '1'], description: '1 for /metrics, 0 for none' }))
})

/** The configuration of the server. */
export type Environment = Static<typeof Schema>

type Variable = keyof Environment

/** How long running answers may go on when the server closes, unless the environment says otherwise. Milliseconds. */
const DRAIN_TIMEOUT = 3000

/** How long the rest of closing may take. Milliseconds. */
const CLOSE_MARGIN = 5000

/** How long running answers may continue when the server closes, and how long closing may take. Milliseconds. */
export function closeTimes({ DRAIN_TIMEOUT: drain = DRAIN_TIMEOUT }: Environment): { drain: number; close: number } {
  return { drain, close: drain + CLOSE_MARGIN }
}

/** The texts in a variable that takes several. */
export function listOf(variable: string | undefined): string[] {
  return variable?.split(',').map(text => text.trim()) ?? []
}

function urlScheme(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : ''
}

function isDigits(value: string): boolean {
  return /^\d+$/.test(value)
}

/** Checks that the schema cannot express: Ajv accepts `0x10` as a number, and does not parse URLs. */
const checks: Partial<Record<Variable, (value: string) => boolean>> = {
  PORT: isDigits,
  DRAIN_TIMEOUT: isDigits,
  OPENAI_MODEL: value => listOf(value).every(name => name !== ''),
  REDIS_URL: value => /^rediss?:$/.test(urlScheme(value)),
  ALLOWED_HOSTS: value => listOf(value).every(host => /^(\*|(\*\.)?[a-z\d_-]+(\.[a-z\d_-]+)*)$/i.test(host)),
  ALLOWED_ORIGINS: value => listOf(value).every(origin => /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+$/i.test(origin)),
  OPENAI_BASE_URL: value => {
    if (!URL.canParse(value)) return false
    const { protocol, username, password } = new URL(value)
    return /^https?:$/.test(protocol) && username === '' && password === ''
  }
}

/**
 * Checks the variables and fills in the defaults. An empty variable counts as unset.
 *
 * @throws Error that names each wrong variable and what it takes, without its value
 */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const given = Object.entries(variables).filter(([name, value]) => name in Schema.properties && value)
  const wrong = new Set(
    given.filter(([name, value = '']) => checks[name as Variable]?.(value) === false).map(([name]) => name)
  )
  try {
    const environment = envSchema<Environment>({ schema: Schema, data: Object.fromEntries(given), env: false })
    if (wrong.size === 0) return environment
  } catch (error) {
    const { errors } = error as { errors: { instancePath: string }[] }
    for (const { instancePath } of errors) wrong.add(instancePath.slice(1))
  }
  const names = (Object.keys(Schema.properties) as Variable[]).filter(name => wrong.has(name))
  throw new Error(names.map(name => `${name} takes ${Schema.properties[name].description}`).join('; '))
}
