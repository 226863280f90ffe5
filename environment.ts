import { type Static, Type } from '@sinclair/typebox'
import { envSchema } from 'env-schema'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** The description of each says what it takes, in the words of the error. */
const Schema = Type.Object({
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535, description: 'a port from 0 to 65535' }),
  HOST: Type.String({ default: '127.0.0.1', description: 'the address to listen on' }),
  LOG_LEVEL: Type.String({ default: 'info', enum: LEVELS, description: `one of ${LEVELS.join(', ')}` }),
  OPENAI_BASE_URL: Type.Optional(Type.String({ pattern: '^https?://[^\\s/]+', description: 'an http or https URL' })),
  OPENAI_API_KEY: Type.Optional(Type.String({ description: 'the key that the provider gave out' })),
  OPENAI_MODEL: Type.String({ default: 'gpt-5-mini', description: 'the name of a model' })
})

/** What the server takes from its environment. */
export type Environment = Static<typeof Schema>

/**
 * Checks the variables and fills in the defaults. One that is empty counts as not set.
 *
 * @throws Error that names each wrong variable and what it takes, and shows none of their values
 */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const data = Object.fromEntries(
    Object.entries(variables).filter(([name, value]) => name in Schema.properties && value)
  )
  try {
    return envSchema<Environment>({ schema: Schema, data, env: false })
  } catch (error) {
    const { errors } = error as { errors: { instancePath: string }[] }
    const names = errors.map(({ instancePath }) => instancePath.slice(1) as keyof Environment)
    throw new Error(names.map(name => `${name} takes ${Schema.properties[name].description}`).join('; '), {
      cause: error
    })
  }
}
