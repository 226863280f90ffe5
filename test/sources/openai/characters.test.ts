import t from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { Random, seed } from '../../helpers/random.js'
import { ask, chunkOf, DONE, replier, STOP, serveSource, whole } from './harness.js'

const [HIGH, LOW] = ['\ud83d', '\ude00']

t.test('half a character: two halves in two chunks come out as one', async t => {
  const provider = await openAiServer(t, ({ write, response }) => {
    write(chunkOf(`a${HIGH}`) + chunkOf('') + chunkOf(`${LOW}b`) + chunkOf(HIGH) + chunkOf(LOW) + STOP)
    response.end()
  })
  const { tokens } = await whole(ask({ baseURL: provider.url }))
  t.same(tokens, ['a', '😀b', '😀'])
  const { url } = await serveSource(t, { baseURL: provider.url })
  const events = (await fetchAll(`${url}/stream?prompt=hi`)).events()
  t.equal(
    events
      .slice(0, -1)
      .map(({ data }) => data)
      .join(''),
    'a😀b😀'
  )
})

t.test('half a character: one that nothing completes is kept as it is', async t => {
  const reply = await replier(t)
  t.equal((await reply(chunkOf(`a${HIGH}`) + chunkOf('b') + STOP)).text, `a${HIGH}b`)
  t.equal((await reply(chunkOf(LOW) + chunkOf(`a${HIGH}`) + STOP)).text, `${LOW}a${HIGH}`)
})

t.test('half a character: any cut between any code units', async t => {
  t.comment(`SEED=${seed}`)
  const random = new Random(seed)
  const reply = await replier(t)
  for (let round = 0; round < 50; round++) {
    const characters = ['😀', '👨‍👩‍👧', 'a', 'é', '\u2028', '🇩🇪']
    const text = Array.from({ length: 12 }, () => random.pick(characters)).join('')
    let body = ''
    for (let at = 0; at < text.length; ) {
      const next = at + 1 + random.below(3)
      body += chunkOf(text.slice(at, next))
      at = next
    }
    const { tokens } = await reply(body + STOP + DONE)
    // As UTF-8 half a character would be a question mark.
    t.equal(tokens.map(token => Buffer.from(token).toString()).join(''), text)
  }
  const { text } = await reply(
    `${chunkOf('<>').replace('<>', '\\ud83d')}${chunkOf('<>').replace('<>', '\\ude00')}${STOP}`
  )
  t.equal(text, '😀', 'as escapes too')
})
