import t, { type Test } from 'tap'
import { textGenerate } from '../../../routes/index.js'
import { told } from './told.js'

const hi = { id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }
const body = { id: 'c', messages: [hi], trigger: 'submit-message' }
const object = { type: 'object', properties: {} }
const weather = {
  description: 'The weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } } }
}

/** What `generate` gets of fields that a page has added, beside the messages. */
async function addedOf(t: Test, fields: object) {
  const { post, asked } = told(t)
  const response = await post({ ...body, ...fields })
  t.equal(response.statusCode, 200, response.body)
  const { api, messages, ...added } = asked[0] ?? { messages: [] }
  t.equal(api, 'ai-sdk')
  t.strictSame(messages, [{ role: 'user', content: 'hi' }])
  return added
}

// As AssistantChatTransport of @assistant-ui/react-ai-sdk 1.4.12 sends it.
t.test('a page with assistant-ui, with tools and without', async t => {
  t.strictSame(await addedOf(t, { tools: {} }), {})
  const context = { callSettings: { temperature: 0.2, maxTokens: 50 }, system: 'Be kind.', config: { modelName: 'm' } }
  t.strictSame(await addedOf(t, { ...context, tools: { now: { parameters: object }, weather } }), {
    tools: [
      { name: 'now', parameters: object },
      { name: 'weather', ...weather }
    ],
    extra: context
  })
})

t.test('kind: tools by name are tools, if they have the form of tools', async t => {
  for (const [tools, expected] of [
    [{ a: {} }, { tools: [{ name: 'a' }] }],
    [{ a: { description: null, parameters: null } }, { tools: [{ name: 'a' }] }],
    [{ a: { parameters: object, strict: true } }, { tools: [{ name: 'a', parameters: object, strict: true }] }],
    [
      { a: { parameters: object, providerOptions: { p: 1 }, type: 'frontend' } },
      { tools: [{ name: 'a', parameters: object, extra: { providerOptions: { p: 1 }, type: 'frontend' } }] }
    ],
    [{ a: { name: 'b' } }, { tools: [{ name: 'a', extra: { name: 'b' } }] }],
    [null, {}],
    [[], { tools: [] }]
  ] as const) {
    t.strictSame(await addedOf(t, { tools }), expected, JSON.stringify(tools))
  }
  for (const tools of [
    { a: weather, b: { parameters: 'none' } },
    { a: { description: 5 } },
    { a: { strict: 'yes' } },
    { a: 'weather' },
    { a: null },
    { a: [] },
    { '': {} },
    [{ name: '' }],
    [{ type: 'function', function: { name: 'a' } }],
    'all',
    5,
    false
  ]) {
    t.strictSame(await addedOf(t, { tools }), { extra: { tools } }, JSON.stringify(tools))
  }
})

t.test('kind: whatever a page adds with a value that the contract does not take is extra', async t => {
  for (const fields of [
    { temperature: 'hot' },
    { topP: [], maxTokens: 0, seed: 1.5, presencePenalty: {}, frequencyPenalty: '1' },
    { model: { id: 'small' }, user: { name: 'Ada' }, reasoningEffort: 5 },
    { toolChoice: 'function', parallelToolCalls: 'yes' },
    { stop: 'END', responseFormat: 'json', metadata: ['a'] },
    { extra: 'more' },
    { locale: 'de' }
  ]) {
    t.strictSame(await addedOf(t, fields), { extra: fields }, JSON.stringify(fields))
  }
  t.strictSame(await addedOf(t, { temperature: 'hot', seed: 7, extra: { a: 1 }, model: null }), {
    seed: 7,
    extra: { a: 1, temperature: 'hot' }
  })
})

t.test('tools by name are refused by a model that takes none, where the page has put them', async t => {
  const { post } = told(t, { generate: textGenerate(() => t.fail('generate was called') as never) })
  const response = await post({ ...body, tools: { weather } })
  t.match(response.json(), { statusCode: 400, message: 'tools is not supported by this model' })
})
