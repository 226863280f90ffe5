import t from 'tap'
import { fetchAll } from '../../../helpers/client.js'
import { openAiServer } from '../../../helpers/openai-server.js'
import { choiceOf, chunkOf, DONE, dataOf, endOf, replier, STOP, serveSource } from '../harness.js'

/** The words of providers for an answer that is whole, or as whole as it was to be. */
const successes: Record<string, unknown[]> = {
  stop: [
    'stop',
    'STOP',
    'Stop',
    'stop_sequence',
    'stopSequence',
    'eos',
    'eos_token',
    'EOS',
    'end_turn',
    'endTurn',
    'COMPLETE'
  ].concat([
    'completed',
    'FinishReason.STOP',
    'FINISH_REASON_STOP',
    '<|eot_id|>',
    '</s>',
    ' stop ',
    'end turn',
    'end-turn'
  ]),
  length: [
    'length',
    'LENGTH',
    'max_tokens',
    'MAX_TOKENS',
    'maxTokens',
    'model_length',
    'max_length',
    'token_limit',
    'ERROR_LIMIT'
  ]
    .concat(['model_context_window_exceeded', 'max_output_tokens', 'max_completion_tokens', 'maxCompletionTokens'])
    .concat(['repetition', 'repetition_truncation', 'pause_turn', 'compaction']),
  tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'TOOL_CALL', 'toolCalls'],
  function_call: ['function_call'],
  content_filter: [
    'content_filter',
    'contentFilter',
    'content-filter',
    'SAFETY',
    'RECITATION',
    'BLOCKLIST',
    'PROHIBITED_CONTENT'
  ].concat(['SPII', 'refusal', 'sensitive', 'guardrail_intervened', 'ERROR_TOXIC', 'IMAGE_SAFETY']),
  unknown: ['unknown']
}

/** The words for one that is not. */
const failures = [
  'error',
  'ERROR',
  'abort',
  'aborted',
  'cancelled',
  'canceled',
  'USER_CANCEL',
  'timeout',
  'time_limit',
  'TIMEOUT'
]
  .concat(['insufficient_system_resource', 'network_error', 'MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER'])
  .concat(['failed', 'server_error', 'something new'])

t.test('a finish_reason that is no success: the words for success are told in words of their own', async t => {
  const reply = await replier(t)
  for (const [reason, words] of Object.entries(successes)) {
    const called = choiceOf({ delta: { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] } })
    for (const word of words) {
      const call = reason.endsWith('_call') || reason.endsWith('_calls') ? called : ''
      const { text, finish, error, lines } = await reply(chunkOf('a') + call + endOf(word) + DONE)
      t.same([text, finish, error], ['a', { finishReason: reason }, undefined], String(word))
      const ending = 'the model provider ended its answer with the finish_reason'
      const said = `${ending} ${JSON.stringify(word)}, which is taken for "${reason}"`
      t.same(lines, word === reason ? [] : [['debug', said]], "the log has the provider's word")
    }
  }
})

t.test('a finish_reason that is no success: is an error, and the text before it is kept', async t => {
  const reply = await replier(t)
  for (const word of failures) {
    for (const end of [
      endOf(word) + DONE,
      endOf(word),
      endOf(word) + endOf('stop') + DONE,
      endOf('stop') + endOf(word)
    ]) {
      const { text, finish, error } = await reply(chunkOf('a') + end)
      t.same([text, finish], ['a', undefined], word)
      t.same(error, {
        message: 'the model provider ended its answer with a failure',
        status: 502,
        words: `finish_reason ${JSON.stringify(word)}`
      })
    }
  }
  const { text } = await reply(choiceOf({ delta: { content: 'a' }, finish_reason: 'error' }))
  t.equal(text, 'a', 'text in the same chunk too')
})

t.test('a finish_reason that is no success: the error that comes with it says more', async t => {
  const reply = await replier(t)
  const error = { code: 429, message: 'slow down' }
  const bodies: Record<string, string> = {
    'beside the choices': dataOf({ error, choices: [{ delta: { content: '' }, finish_reason: 'error' }] }),
    'in the choice': choiceOf({ delta: { content: '' }, finish_reason: 'error', error }),
    'in the next event': endOf('error') + dataOf({ error }),
    'of Groq': dataOf({ choices: [], x_groq: { error } })
  }
  for (const [name, body] of Object.entries(bodies)) {
    const { text, error } = await reply(chunkOf('a') + body + DONE)
    t.match([text, error], ['a', { status: 429, words: '{"code":429,"message":"slow down"}' }], name)
  }
})

t.test('a finish_reason that is no success: through the route, as an event and in the log', async t => {
  const provider = await openAiServer(t, ({ write, response }) => {
    write(chunkOf('a') + endOf('sk-secret failed') + DONE)
    response.end()
  })
  const { url, log } = await serveSource(t, { baseURL: provider.url, apiKey: 'sk-secret' })
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.same(
    client.events().map(({ event, data }) => [event, event === 'error' ? JSON.parse(data) : data]),
    [
      [undefined, 'a'],
      ['error', { statusCode: 502, code: 'FST_SSE_PROVIDER_LOST', message: 'Bad Gateway' }]
    ]
  )
  t.ok(log.some(({ err }) => err?.message.endsWith('ended its answer with a failure: finish_reason "[key] failed"')))
  t.notMatch(JSON.stringify(log), 'sk-secret')
})

t.test('a finish_reason that is no success: what says that the answer goes on', async t => {
  const reply = await replier(t)
  for (const word of [
    null,
    undefined,
    '',
    ' ',
    'null',
    'None',
    'not_finished',
    'FINISH_REASON_UNSPECIFIED',
    0,
    false,
    {},
    []
  ]) {
    const { text, error } = await reply(choiceOf({ delta: { content: 'a' }, finish_reason: word }))
    t.match([text, error], ['a', { message: 'the model provider ended its answer too early' }], String(word))
    const answer = await reply(choiceOf({ delta: { content: 'a' }, finish_reason: word }) + STOP)
    t.same(answer.finish, { finishReason: 'stop' })
  }
})

t.test('a finish_reason that is no success: other types, and other places', async t => {
  const reply = await replier(t)
  const choices: [choice: object, reason: string][] = [
    [{ finish_reason: 1 }, 'stop'],
    [{ finish_reason: 2 }, 'length'],
    [{ finish_reason: 3 }, 'content_filter'],
    [{ finish_reason: '2' }, 'length'],
    [{ finish_reason: -1 }, 'unknown'],
    [{ finish_reason: 4711 }, 'unknown'],
    [{ finish_reason: 1.5 }, 'unknown'],
    [{ finish_reason: true }, 'unknown'],
    [{ finish_reason: { type: 'stop', matched: 2 } }, 'stop'],
    [{ finish_reason: { type: 'length', length: 16 } }, 'length'],
    [{ finish_reason: null, finishReason: 'MAX_TOKENS' }, 'length'],
    [{ finishReason: 'stop' }, 'stop']
  ]
  for (const [choice, reason] of choices) {
    const { finish, error } = await reply(chunkOf('a') + choiceOf({ delta: {}, ...choice }))
    t.same([finish, error], [{ finishReason: reason }, undefined], JSON.stringify(choice))
  }
  for (const number of [5, 9, 10, '12']) {
    const { text, error } = await reply(chunkOf('a') + endOf(number))
    t.match([text, error], ['a', { words: `finish_reason "${number}"` }], 'a failure by name is one by number')
  }
  const { finish } = await reply(endOf('length') + endOf('unknown') + endOf(true))
  t.same(finish, { finishReason: 'length' }, 'a reason is better than none')
  t.same((await reply(endOf('unknown') + endOf('length'))).finish, { finishReason: 'length' })
})
