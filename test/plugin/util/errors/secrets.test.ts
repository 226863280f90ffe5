import t from 'tap'
import { maskSecrets } from '../../../../plugin/util/errors/secrets.js'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const base64Url = (text: string) => Buffer.from(text).toString('base64url')
const percent = (text: string) =>
  text.replace(/[^a-z\d]/giu, c => Buffer.from(c).toString('hex').toUpperCase().replace(/../g, '%$&'))
const unicode = (text: string) => text.replace(/[^a-z\d]/gi, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** How a provider or a proxy may repeat what it was sent. */
const encodings: Record<string, (key: string) => string> = {
  'as it is': key => key,
  'in a JSON string': key => JSON.stringify({ key }),
  'in JSON within JSON': key => JSON.stringify(JSON.stringify({ key })),
  'in JSON that escapes the slash': key => JSON.stringify({ key }).replaceAll('/', '\\/'),
  'in JSON that escapes all but letters': key => unicode(key),
  'in a URL': key => encodeURIComponent(key),
  'in a URL, in lower case': key => encodeURIComponent(key).replace(/%../g, c => c.toLowerCase()),
  'in a URL that escapes all but letters': percent,
  'in a URL within a URL': key => encodeURIComponent(percent(key)),
  'in a form': key => String(new URLSearchParams({ key })),
  'in capitals': key => key.toUpperCase(),
  'as base64': base64,
  'as base64 without padding': key => base64(key).replace(/=+$/, ''),
  'as base64url': base64Url,
  'as base64 in a URL': key => encodeURIComponent(base64(key)),
  'as base64 in JSON that escapes the slash': key => base64(key).replaceAll('/', '\\/'),
  'as the password of Basic': key => base64(`:${key}`),
  'as the user of Basic': key => base64(`${key}:`),
  'with a user of Basic': key => base64(`me:${key}`),
  'with another user of Basic': key => base64(`user:${key}`),
  'as base64 of a header': key => base64(`Authorization: Bearer ${key}\r\n`),
  'as base64url of JSON': key => base64Url(JSON.stringify({ user: 'a', key, more: 'b' }))
}

const keys = [
  'a1b2c3d4',
  'DEADBEEF0123456789',
  'no-known.form/of+key=',
  'mit"quote\\and/slash',
  'ümläut-key-é',
  'a\nb\tc line',
  '>>>???~~~aaa'
]

/** The parts of a text that are long enough to tell something. */
function tells(key: string, masked: string): boolean {
  const decoded = [masked, decodeURIComponent(masked.replace(/%(?![\da-f]{2})/gi, '%25'))].flatMap(text => [
    text,
    ...text.split(/[^\w+/-]+/).map(part => Buffer.from(part, 'base64').toString())
  ])
  const core = key.slice(1, -1)
  return decoded.some(text => text.includes(core) || text.toLowerCase().includes(core.toLowerCase()))
}

for (const key of keys) {
  t.test(`a key of the environment is masked however it is repeated: ${JSON.stringify(key)}`, async t => {
    process.env.TEST_SECRETS_KEY = key
    t.teardown(() => {
      delete process.env.TEST_SECRETS_KEY
    })
    for (const [name, encode] of Object.entries(encodings)) {
      const words = `<p>No "${encode(key)}" here.</p>`
      t.ok(
        name.includes('letters') || tells(key, words) || /JSON|URL|form/.test(name),
        `${name}: the test would see it`
      )
      const masked = maskSecrets(words)
      t.notOk(tells(key, masked), `${name}: ${masked}`)
      // JSON has escaped it before it became base64.
      if (name === 'as base64url of JSON' && JSON.stringify(key) !== `"${key}"`) continue
      t.match(masked, /^<p>No ".*\[secret\].*" here\.<\/p>$/, name)
    }
  })
}

t.test('what is not known is masked by its form, also as base64, and shortened', async t => {
  for (const secret of [
    'sk-abcdefgh',
    'sk-ab...yz',
    'sk-abc…xyz',
    'sk-ab••••yz',
    'sk-proj-****wxyz',
    base64('sk-abcdefgh1234'),
    base64Url('sk-abcdefgh1234?>'),
    base64(':sk-abcdefgh1234'),
    `Basic ${base64('user:password')}`
  ]) {
    const masked = maskSecrets(`No ${secret} here`)
    t.match(masked, /^No (Basic )?\[secret\] here$/, secret)
  }
})

t.test('words stay as they are', async t => {
  process.env.TEST_SECRETS_KEY = 'no-known.form'
  t.teardown(() => {
    delete process.env.TEST_SECRETS_KEY
  })
  for (const words of [
    'no known form, no-known form, no%20known.form',
    'authentication needs a basic understanding…',
    'The model "c2" and 12 others... are not there',
    'disk-full, task-1'
  ]) {
    t.equal(maskSecrets(words), words)
  }
})

t.test('a long text of nearly a key stays as it is', async t => {
  process.env.TEST_SECRETS_KEY = 'no-known.form/of+key='
  t.teardown(() => {
    delete process.env.TEST_SECRETS_KEY
  })
  for (const text of ['a', '\\', '%25', 'bm8t', 'no-known.form/of+key', '\\\\\\u002d'].map(each => each.repeat(2000))) {
    t.equal(maskSecrets(text), text)
  }
})
