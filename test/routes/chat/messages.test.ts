import Fastify from 'fastify'
import t from 'tap'
import { type ChatRoutesOptions, chatRoutes, textGenerate } from '../../../routes/index.js'
import { told } from './told.js'

const user = (...parts: unknown[]) => ({ id: '1', role: 'user', parts })
const assistant = (...parts: unknown[]) => ({ id: '2', role: 'assistant', parts })
const text = (text: string) => ({ type: 'text', text })
const hi = user(text('hi'))
const own = (fields: object) => ({ providerMetadata: { 'fastify-sse-from': fields } })
const call = (id: string, args: string) => ({ type: 'tool-call', id, name: 'weather', arguments: args })

t.test('kind: every part of a message reaches generate', async t => {
  const { ask, asked } = told(t)
  const tool = { type: 'tool-weather', toolCallId: '1', input: { city: 'Bonn' } }
  const called = { role: 'assistant', content: [call('1', '{"city":"Bonn"}')] }
  const result = (content: string, isError?: boolean) => ({
    role: 'tool',
    toolCallId: '1',
    content,
    ...(isError && { isError })
  })
  for (const [message, expected] of [
    [user(text('h'), text('i')), [{ role: 'user', content: 'hi' }]],
    [user(), [{ role: 'user', content: '' }]],
    [{ ...hi, metadata: { at: 1 } }, [{ role: 'user', content: 'hi', extra: { metadata: { at: 1 } } }]],
    [
      user(
        text('What?'),
        { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==', filename: 'a.png' },
        { type: 'file', mediaType: 'audio/mpeg', url: 'data:audio/mpeg;base64,AA==' },
        { type: 'file', mediaType: 'audio/wav', url: 'https://a.b/c.wav' },
        { type: 'file', mediaType: 'application/pdf', url: 'https://a.b/c.pdf', filename: 'c.pdf' },
        { type: 'file', url: 'https://a.b/c' }
      ),
      [
        {
          role: 'user',
          content: [
            text('What?'),
            { type: 'image', url: 'data:image/png;base64,AA==' },
            { type: 'audio', data: 'AA==', format: 'mp3' },
            { type: 'file', url: 'https://a.b/c.wav' },
            { type: 'file', url: 'https://a.b/c.pdf', name: 'c.pdf' },
            { type: 'file', url: 'https://a.b/c' }
          ]
        }
      ]
    ],
    [
      user(text('hi'), { type: 'data-place', data: 'Bonn' }),
      [{ role: 'user', content: 'hi', extra: { parts: [{ type: 'data-place', data: 'Bonn' }] } }]
    ],
    [
      { role: 'system', parts: [text('Be '), { type: 'data-a' }, text('brief.')] },
      [{ role: 'system', content: 'Be brief.' }]
    ],
    [assistant(text('')), [{ role: 'assistant', content: '' }]],
    [{ ...assistant(text('a')), metadata: { usage: {} } }, [{ role: 'assistant', content: 'a' }]],
    [
      assistant(
        { type: 'step-start' },
        { type: 'reasoning', text: 'hm', ...own({ signature: 'sig' }) },
        { type: 'reasoning', text: '', ...own({ encrypted: 'x' }) },
        { type: 'reasoning', text: '' },
        { type: 'reasoning', text: 'so', providerMetadata: { other: {} } },
        text('a')
      ),
      [
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm', signature: 'sig' },
            { type: 'reasoning', text: '', encrypted: 'x' },
            { type: 'reasoning', text: 'so' },
            text('a')
          ]
        }
      ]
    ],
    [assistant({ ...tool, state: 'output-available', output: { sky: 'grey' } }), [called, result('{"sky":"grey"}')]],
    [assistant({ ...tool, state: 'output-available', output: 'grey' }), [called, result('grey')]],
    [assistant({ ...tool, state: 'output-available' }), [called, result('')]],
    [assistant({ ...tool, state: 'output-error', errorText: 'no' }), [called, result('no', true)]],
    [assistant({ ...tool, state: 'output-error' }), [called, result('', true)]],
    [assistant({ ...tool, state: 'output-denied', approval: { id: 'a', reason: 'no' } }), [called, result('no', true)]],
    [assistant({ ...tool, state: 'output-denied' }), [called, result('The call was denied.', true)]],
    [assistant({ ...tool, state: 'input-available' }), [called]],
    [assistant({ ...tool, state: 'input-streaming' }), [{ role: 'assistant', content: '' }]],
    [
      assistant({ type: 'dynamic-tool', toolName: 'weather', toolCallId: '1', state: 'input-available' }),
      [{ role: 'assistant', content: [call('1', '{}')] }]
    ],
    [
      assistant({ ...tool, input: undefined, rawInput: '{"city', state: 'output-error', errorText: 'no JSON' }),
      [{ role: 'assistant', content: [call('1', '{"city')] }, result('no JSON', true)]
    ],
    [
      assistant(
        { type: 'step-start' },
        text('Let me look.'),
        { ...tool, state: 'output-available', output: 'grey' },
        { type: 'step-start' },
        text('It is grey.'),
        { type: 'source-url', sourceId: 's', url: 'https://a.b' }
      ),
      [
        {
          role: 'assistant',
          content: [text('Let me look.'), call('1', '{"city":"Bonn"}')],
          extra: { parts: [{ type: 'source-url', sourceId: 's', url: 'https://a.b' }] }
        },
        result('grey'),
        { role: 'assistant', content: 'It is grey.' }
      ]
    ]
  ] as [object, object[]][]) {
    const response = await ask(message)
    t.equal(response.statusCode, 200, response.body)
    t.strictSame(asked.at(-1)?.messages, expected)
  }
})

t.test('kind: a body of a wrong form is refused by name', async t => {
  const { ask, post } = told(t, { maxTextLength: 10, maxMessages: 2 })
  const tool = { type: 'tool-weather', toolCallId: '1', state: 'input-available' }
  const refused: [Promise<{ statusCode: number; json(): unknown }>, string][] = [
    [post([]), 'body takes application/json'],
    [post({ messages: [hi] }), 'id is missing'],
    [post({ id: '', messages: [hi] }), 'id is missing'],
    [post({ id: 'c' }), 'messages is missing'],
    [post({ id: 'c', messages: [] }), 'messages takes a list of 1 to 2'],
    [ask(hi, hi, hi), 'messages takes a list of 1 to 2'],
    [ask(hi, user(text('x'.repeat(11)))), 'messages[1].parts takes up to 10 characters'],
    [ask(5), 'messages[0] takes'],
    [ask({ role: 'user' }), 'messages[0].parts is missing'],
    [ask({ role: 'bot', parts: [] }), 'messages[0].role takes'],
    [ask(user('hi')), 'messages[0].parts[0] takes'],
    [ask(user({})), 'messages[0].parts[0].type is missing'],
    [ask(user(text('a'), { type: 'text' })), 'messages[0].parts[1].text is missing'],
    [ask(user({ type: 'file' })), 'messages[0].parts[0].url is missing'],
    [ask(assistant({ type: 'text', text: 5 })), 'messages[0].parts[0].text takes'],
    [ask(assistant({ ...tool, toolCallId: '' })), 'messages[0].parts[0].toolCallId is missing'],
    [ask(assistant({ ...tool, type: 'dynamic-tool' })), 'messages[0].parts[0].toolName is missing'],
    [ask(assistant({ ...tool, state: 'output-error', errorText: 5 })), 'messages[0].parts[0].errorText takes']
  ]
  for (const [asking, name] of refused) {
    const response = await asking
    t.equal(response.statusCode, 400, name)
    const { code, message } = response.json() as { code: string; message: string }
    t.equal(code, 'FST_SSE_INPUT_INVALID')
    t.ok(message.startsWith(name), `${message}: ${name}`)
  }
})

t.test('a page may add the options of a request, and others', async t => {
  const { post, asked } = told(t)
  const options = { model: 'small', temperature: 0.5, tools: [{ name: 'weather', parameters: { type: 'object' } }] }
  const body = { id: 'c', messages: [hi], trigger: 'regenerate-message', ...options, locale: 'de', extra: { a: 1 } }
  t.equal((await post(body)).statusCode, 200)
  t.strictSame(asked, [
    { api: 'ai-sdk', messages: [{ role: 'user', content: 'hi' }], ...options, extra: { a: 1, locale: 'de' } }
  ])
})

t.test('what a model does not accept is refused where the page has put it', async t => {
  const generate = textGenerate(() => t.fail('generate was called') as never)
  const { post, ask } = told(t, { generate })
  const image = { type: 'file', mediaType: 'image/png', url: 'https://a.b/c.png' }
  const refused: [Promise<{ statusCode: number; json(): unknown }>, string][] = [
    [ask(hi, user(image)), 'messages[1].parts is not supported by this model'],
    [post({ id: 'c', messages: [hi], tools: [{ name: 'a' }] }), 'tools is not supported by this model']
  ]
  for (const [asking, message] of refused) t.match((await asking).json(), { statusCode: 400, message })
})

t.test('refuses to be registered with wrong options', async t => {
  const generate = textGenerate(() => t.fail('generate was called') as never)
  for (const [options, message] of [
    [{}, 'option "generate" takes a function'],
    [{ generate, activeStreams: { get() {} } }, 'option "activeStreams" takes an object with get, set and delete'],
    [{ generate, activeStreams: null }, 'option "activeStreams" takes an object with get, set and delete'],
    [{ generate, maxMessages: 0 }, 'option "maxMessages" takes a positive whole number']
  ] as unknown as [ChatRoutesOptions, string][]) {
    await t.rejects(async () => Fastify().register(chatRoutes, options), { code: 'FST_SSE_OPTION_INVALID', message })
  }
})
