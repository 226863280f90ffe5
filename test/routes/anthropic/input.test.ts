import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages'
import t from 'tap'
import { textGenerate } from '../../../routes/index.js'
import { Random, seed } from '../../helpers/random.js'
import { api, told } from './api.js'

type Body = Omit<MessageCreateParamsNonStreaming, 'model' | 'messages' | 'stream'>

/** What the types of the SDK no longer have, but clients send. */
type Older = 'temperature' | 'top_p' | 'top_k'

const messages = [{ role: 'user' as const, content: 'hi' }]
const schema = { type: 'object' }
const tool = { name: 'a', description: 'b', input_schema: schema }
const search = { type: 'web_search_20250305', name: 'web_search' }

/** What `generate` gets of what only Anthropic's API has. */
function extra(name: string, ...values: unknown[]): [unknown, object][] {
  return values.map(value => [value, { extra: { [name]: value } }])
}

const thinking = (option: object, effort?: string): [unknown, object] => [
  option,
  { ...(effort && { reasoningEffort: effort }), extra: { thinking: option } }
]

/**
 * Every parameter of Anthropic's API beside the model and the messages: what `generate` gets of a value, and the values
 * that are refused.
 */
const parameters: Record<keyof Required<Body> | Older, { taken: [unknown, object][]; refused: unknown[] }> = {
  cache_control: { taken: extra('cache_control', { type: 'ephemeral' }), refused: [] },
  container: { taken: extra('container', 'a'), refused: [] },
  diagnostics: { taken: extra('diagnostics', {}), refused: [] },
  inference_geo: { taken: extra('inference_geo', 'eu'), refused: [] },
  max_tokens: { taken: [[5, { maxTokens: 5 }]], refused: [0, 'many', 1.5] },
  metadata: {
    taken: [
      [{ user_id: 'a' }, { user: 'a' }],
      [
        { user_id: 'a', more: 1 },
        { user: 'a', metadata: { more: 1 } }
      ],
      [{}, {}]
    ],
    refused: ['a', { user_id: 5 }]
  },
  output_config: {
    taken: [
      [{ effort: 'max' }, { reasoningEffort: 'max' }],
      [{ format: { type: 'json_schema', schema } }, { responseFormat: { type: 'json', schema } }],
      [{ task_budget: 5 }, { extra: { output_config: { task_budget: 5 } } }],
      [{ effort: null, format: null }, {}]
    ],
    refused: ['a', { effort: 5 }, { format: { type: 'xml' } }, { format: { type: 'json_schema' } }]
  },
  service_tier: { taken: extra('service_tier', 'auto'), refused: [] },
  speed: { taken: extra('speed', 'fast'), refused: [] },
  stop_sequences: {
    taken: [
      [['a', 'b'], { stop: ['a', 'b'] }],
      [[], {}]
    ],
    refused: ['a', [5]]
  },
  system: {
    taken: [
      ['Be brief.', { messages: [{ role: 'system', content: 'Be brief.' }, ...messages] }],
      [
        [
          { type: 'text', text: 'Be' },
          { type: 'text', text: 'brief.' }
        ],
        { messages: [{ role: 'system', content: 'Be\n\nbrief.' }, ...messages] }
      ],
      [
        [{ type: 'text', text: 'Be', cache_control: {} }],
        {
          messages: [
            { role: 'system', content: 'Be', extra: { system: [{ type: 'text', text: 'Be', cache_control: {} }] } },
            ...messages
          ]
        }
      ]
    ],
    refused: [5, {}, ['a'], [{ type: 'image' }], [{ type: 'text' }]]
  },
  temperature: { taken: [[0, { temperature: 0 }]], refused: ['hot'] },
  thinking: {
    taken: [
      thinking({ type: 'enabled', budget_tokens: 1024 }, 'low'),
      thinking({ type: 'enabled', budget_tokens: 10_000 }, 'medium'),
      thinking({ type: 'enabled', budget_tokens: 31_999 }, 'high'),
      thinking({ type: 'adaptive', display: 'omitted' }),
      thinking({ type: 'disabled' })
    ],
    refused: ['yes', { type: 'enabled', budget_tokens: 'many' }]
  },
  tool_choice: {
    taken: [
      [{ type: 'auto' }, { toolChoice: 'auto' }],
      [
        { type: 'any', disable_parallel_tool_use: true },
        { toolChoice: 'required', parallelToolCalls: false }
      ],
      [
        { type: 'tool', name: 'a', disable_parallel_tool_use: false },
        { toolChoice: { tool: 'a' }, parallelToolCalls: true }
      ],
      [{ type: 'none' }, { toolChoice: 'none' }]
    ],
    refused: ['auto', {}, { type: 'tool' }, { type: 'auto', disable_parallel_tool_use: 'no' }]
  },
  tools: {
    taken: [
      [[], {}],
      [[tool], { tools: [{ name: 'a', description: 'b', parameters: schema }] }],
      [
        [{ type: 'custom', name: 'a', strict: true, input_schema: schema, cache_control: {} }],
        { tools: [{ name: 'a', strict: true, parameters: schema, extra: { cache_control: {} } }] }
      ],
      [[search], { extra: { tools: [search] } }],
      [[tool, search], { tools: [{ name: 'a', description: 'b', parameters: schema }], extra: { tools: [search] } }]
    ],
    refused: [{}, ['a'], [{}], [{ name: '' }], [{ type: 5, name: 'a' }], [{ name: 'a', input_schema: 'none' }]]
  },
  top_k: { taken: extra('top_k', 5), refused: [] },
  top_p: { taken: [[0.5, { topP: 0.5 }]], refused: ['a'] },
  user_profile_id: { taken: extra('user_profile_id', 'a'), refused: [] },
  workspace_id: { taken: extra('workspace_id', 'a'), refused: [] }
}

t.test('kind: generate gets every parameter of Anthropic, and a wrong one is refused by name', async t => {
  const { post, asked } = await told(t)
  for (const [name, { taken, refused }] of Object.entries(parameters)) {
    for (const [value, expected] of [...taken, [null, {}] as const]) {
      const response = await post({ model: 'a', messages, [name]: value })
      t.equal(response.status, 200, `${name}: ${JSON.stringify(value)} ${response.text()}`)
      t.strictSame(asked.at(-1), { api: 'messages', model: 'a', messages, ...expected }, `${name}: ${value}`)
    }
    for (const value of refused) {
      const response = await post({ model: 'a', messages, [name]: value })
      t.equal(response.status, 400, `${name}: ${JSON.stringify(value)}`)
      const { type, error } = JSON.parse(response.text())
      t.match({ type, error }, { type: 'error', error: { type: 'invalid_request_error', message: name } })
    }
  }
})

t.test(`kind: parameters of Anthropic, put together at random, are taken (seed ${seed})`, async t => {
  const { client } = await told(t)
  const random = new Random(seed)
  for (let i = 0; i < 100; i++) {
    const picked = Object.entries(parameters).filter(() => random.chance(0.4))
    const body = Object.fromEntries(picked.map(([name, { taken }]) => [name, random.pick(taken)[0]])) as Partial<Body>
    const { content } = await client.messages.create({ model: 'a', max_tokens: 9, messages, ...body })
    t.match(content, [{ type: 'text', text: 'Hello' }])
  }
})

t.test('kind: what no API has yet is taken and passed on', async t => {
  const { post, asked } = await told(t)
  const message = { role: 'user', content: 'hi', weight: 1 }
  const news = { new_parameter: { a: [1] }, context_management: { edits: [] }, mcp_servers: [] }
  t.equal((await post({ model: 'a', messages: [message], ...news, other: null })).status, 200)
  t.strictSame(asked.at(-1), {
    api: 'messages',
    model: 'a',
    messages: [{ role: 'user', content: 'hi', extra: { weight: 1 } }],
    extra: news
  })
})

t.test('the older place of the format of an answer is read too', async t => {
  const { post, asked } = await told(t)
  t.equal((await post({ model: 'a', messages, output_format: { type: 'json_schema', schema } })).status, 200)
  t.match(asked.at(-1), { responseFormat: { type: 'json', schema } })
})

t.test('what a model does not accept is refused where the client has put it', async t => {
  const generate = textGenerate(() => t.fail('generate was called') as never)
  const { post } = await api(t, generate)
  const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
  const result = { type: 'tool_result', tool_use_id: '1', content: 'a' }
  for (const [body, name] of [
    [{ tools: [tool] }, /^tools is not supported/],
    [{ output_config: { format: { type: 'json_schema', schema } } }, /^output_config.format is not/],
    [{ system: 'a', messages: [...messages, { role: 'user', content: [image] }] }, /^messages.1.content is not/],
    [{ messages: [{ role: 'user', content: [result] }] }, /^messages.0.content is not/],
    [{ messages: [...messages, { role: 'user', content: [{ type: 'text', text: 'a' }, result] }] }, /^messages.1.con/]
  ] as const) {
    const response = await post({ model: 'a', messages, ...body })
    t.equal(response.status, 400)
    t.match(JSON.parse(response.text()), { error: { type: 'invalid_request_error', message: name } })
  }
})

t.test('a body that is none, or too long, is refused by name', async t => {
  const { post, url } = await told(t, { maxTextLength: 10, maxMessages: 2 })
  const long = 'x'.repeat(11)
  for (const [body, name] of [
    [[], /^body takes application\/json/],
    [{ messages }, /^model is missing/],
    [{ model: 'a' }, /^messages is missing/],
    [{ model: 'a', messages: [] }, /^messages takes a list of 1 to 2/],
    [{ model: 'a', messages: [...messages, ...messages, ...messages] }, /^messages takes a list of 1 to 2/],
    [{ model: 'a', messages, stream: 'yes' }, /^stream takes true or false/],
    [{ model: 'a', messages, system: long }, /^system takes up to 10 characters/],
    [{ model: 'a', messages: [...messages, { role: 'user', content: long }] }, /^messages.1.content takes up to 10/]
  ] as const) {
    const response = await post(body)
    t.equal(response.status, 400)
    t.match(JSON.parse(response.text()), { type: 'error', error: { type: 'invalid_request_error', message: name } })
  }
  const headers = { 'content-type': 'application/json' }
  const broken = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body: '{"model' })
  t.equal(broken.status, 400)
  t.match(await broken.json(), { type: 'error', error: { type: 'invalid_request_error' } })
})
