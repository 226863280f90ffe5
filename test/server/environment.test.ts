import t from 'tap'
import { readEnvironment } from '../../server/environment.js'

t.test('has a default for everything except the provider', async t => {
  t.same(readEnvironment({}), { PORT: 3000, HOST: '127.0.0.1', LOG_LEVEL: 'info', OPENAI_MODEL: 'gpt-5-mini' })
})

t.test('takes what is set, and treats an empty variable as unset', async t => {
  t.same(
    readEnvironment({
      PORT: '0',
      HOST: '',
      LOG_LEVEL: 'debug',
      OPENAI_BASE_URL: 'http://localhost:11434/v1',
      PATH: '/'
    }),
    {
      PORT: 0,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'debug',
      OPENAI_BASE_URL: 'http://localhost:11434/v1',
      OPENAI_MODEL: 'gpt-5-mini'
    }
  )
})

t.test('names each wrong variable and what it takes, without its value', async t => {
  for (const [name, value, takes] of [
    ['PORT', '65536', 'a port from 0 to 65535'],
    ['PORT', '3000.5', 'a port from 0 to 65535'],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['DRAIN_TIMEOUT', '-1', 'milliseconds from 0 to 3600000'],
    ['DRAIN_TIMEOUT', '1e3', 'milliseconds from 0 to 3600000'],
    ['DRAIN_TIMEOUT', '30s', 'milliseconds from 0 to 3600000'],
    ['METRICS', 'yes', '1 for /metrics, 0 for none'],
    ['PORT', '0x10', 'a port from 0 to 65535'],
    ['PORT', ' ', 'a port from 0 to 65535'],
    ['OPENAI_BASE_URL', 'sk-secret', 'an http or https URL without a password'],
    ['OPENAI_BASE_URL', 'http://[::1', 'an http or https URL without a password'],
    ['OPENAI_BASE_URL', 'ftp://host', 'an http or https URL without a password'],
    ['OPENAI_BASE_URL', 'http://user:secret@host/v1', 'an http or https URL without a password'],
    ['OPENAI_API_KEY', 'sk-€', 'a key of visible ASCII characters'],
    ['OPENAI_MODEL', 'one,,two', 'names of models, separated by commas, the default first'],
    ['REDIS_URL', 'localhost:6379', 'a redis or rediss URL'],
    ['REDIS_URL', 'secret', 'a redis or rediss URL'],
    ['API_KEYS', 'secret,', 'keys of visible ASCII characters, separated by commas'],
    ['API_KEYS', 'secret one', 'keys of visible ASCII characters, separated by commas'],
    ['API_KEYS', 'schlüssel', 'keys of visible ASCII characters, separated by commas'],
    ['ALLOWED_HOSTS', 'https://a.example', 'host names without a port, separated by commas'],
    ['ALLOWED_HOSTS', 'a.example:80', 'host names without a port, separated by commas'],
    ['ALLOWED_HOSTS', 'a.example,,b.example', 'host names without a port, separated by commas'],
    ['ALLOWED_ORIGINS', 'a.example', 'origins such as https://app.example.com, separated by commas'],
    ['ALLOWED_ORIGINS', 'https://a.example/', 'origins such as https://app.example.com, separated by commas']
  ] as const) {
    t.throws(() => readEnvironment({ [name]: value }), { message: `${name} takes ${takes}` })
  }
})
