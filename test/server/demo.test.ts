import type { FastifyRequest } from 'fastify'
import t from 'tap'
import type { Message } from '../../routes/index.js'
import { demoSource } from '../../server/demo.js'

async function answer(messages: Message[]) {
  const { signal } = new AbortController()
  const source = demoSource(0)({ messages }, { signal, request: {} as FastifyRequest })
  const iterator = (source as AsyncGenerator<string>)[Symbol.asyncIterator]()
  const tokens: string[] = []
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return { tokens, finish: value as unknown as { usage: object } }
    tokens.push(value)
  }
}

t.test('answers the last message of the user, and says that it is the demo', async t => {
  const { tokens, finish } = await answer([
    { role: 'user', content: 'first question' },
    { role: 'assistant', content: 'an answer' },
    { role: 'user', content: 'second question' }
  ])
  const text = tokens.join('')
  t.match(text, 'second question')
  t.notMatch(text, 'first question')
  t.match(text, 'demo')
  t.match(finish.usage, { promptTokens: 6, completionTokens: tokens.length, totalTokens: 6 + tokens.length })
})

t.test('answers without a message of the user, and to a long or blank one', async t => {
  t.match((await answer([{ role: 'system', content: 'be brief' }])).tokens.join(''), 'You asked: “”')
  t.match((await answer([{ role: 'user', content: ' \n ' }])).finish.usage, { promptTokens: 3 })
  const long = (await answer([{ role: 'user', content: '👋'.repeat(5000) }])).tokens.join('')
  t.ok(long.length < 1500)
  t.match(long, /“(👋){200}…”/u)
})
