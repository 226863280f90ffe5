/**
 * Answers as providers send them, from their documentation and from what users have reported. Each says the same in the
 * provider's own form.
 */
export interface Recording {
  provider: string
  body: string
  text: string
  /** The calls of tools: `name arguments`. */
  calls: string[]
  reason: string
}

const TOKENS = ['Grüße', ', ', '"Welt"', '!\n', 'Line two: ', '👋🏽', ' [1]', '']
const TEXT = TOKENS.join('')

const id = 'chatcmpl-A1b2C3'
const created = 1_751_000_000
const usage = { prompt_tokens: 11, completion_tokens: 8, total_tokens: 19 }
const head = { id, object: 'chat.completion.chunk', created, model: 'some-model' }

const data = (value: object | string, end = '\n\n') =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}${end}`
const chunk = (choice: object, rest: object = {}) => ({ ...head, ...rest, choices: [{ index: 0, ...choice }] })
const done = '[DONE]'

/** A stream of chunks, one for each token, between a first and a last. */
function stream(
  first: (object | string)[],
  token: (content: string, soFar: string) => object,
  last: (object | string)[]
) {
  let soFar = ''
  const tokens = TOKENS.map(content => {
    soFar += content
    return token(content, soFar)
  })
  return [...first, ...tokens, ...last].map(value => data(value)).join('')
}

const plain = (content: string) => chunk({ delta: { content }, finish_reason: null })
const role = chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null })
const stop = chunk({ delta: {}, finish_reason: 'stop' })

const bodies: Record<string, string> = {
  OpenAI: stream(
    [
      chunk(
        { delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
        { usage: null }
      )
    ],
    content =>
      chunk(
        { delta: { content }, logprobs: null, finish_reason: null },
        { usage: null, obfuscation: 'iJ5', service_tier: 'default' }
      ),
    [stop, { ...head, choices: [], usage: { ...usage, prompt_tokens_details: { cached_tokens: 0 } } }, done]
  ),
  Azure: stream(
    [
      {
        choices: [],
        created: 0,
        id: '',
        model: '',
        object: '',
        prompt_filter_results: [
          { prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: 'safe' } } }
        ]
      },
      role
    ],
    content => chunk({ content_filter_results: {}, delta: { content }, finish_reason: null, logprobs: null }),
    [
      stop,
      {
        id: '',
        object: '',
        created: 0,
        model: '',
        choices: [
          {
            index: 0,
            finish_reason: null,
            content_filter_results: { violence: { filtered: false, severity: 'safe' } },
            content_filter_offsets: { check_offset: 44, start_offset: 44, end_offset: 198 }
          }
        ]
      },
      done
    ]
  ),
  vLLM: stream([role], content => chunk({ delta: { content }, logprobs: null, finish_reason: null, token_ids: null }), [
    chunk({ delta: { content: '' }, logprobs: null, finish_reason: 'stop', stop_reason: null }),
    { ...head, choices: [], usage },
    done
  ]),
  'llama.cpp': `${stream([chunk({ finish_reason: null, delta: { role: 'assistant', content: null } })], plain, [
    stop,
    { ...head, choices: [], usage, timings: { prompt_n: 11, predicted_n: 8, predicted_per_second: 41.7 } }
  ])}data: [DONE]\n`,
  Ollama: stream(
    [],
    content =>
      chunk({ delta: { role: 'assistant', content }, finish_reason: null }, { system_fingerprint: 'fp_ollama' }),
    [stop, { ...head, choices: [], usage }, done]
  ),
  OpenRouter: `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${stream(
    [],
    content =>
      chunk(
        { delta: { role: 'assistant', content }, finish_reason: null, native_finish_reason: null, logprobs: null },
        { provider: 'Mistral' }
      ),
    [
      chunk({ delta: { role: 'assistant', content: '' }, finish_reason: 'stop', native_finish_reason: 'end_turn' }),
      chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null }, { usage: { ...usage, cost: 0.0001 } }),
      done
    ]
  )}`,
  Groq: stream(
    [chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null }, { x_groq: { id: 'req_01' } })],
    plain,
    [chunk({ delta: {}, finish_reason: 'stop' }, { x_groq: { id: 'req_01', usage } }), done]
  ),
  Mistral: stream(
    [
      chunk({
        delta: { role: 'assistant', content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }] }
      })
    ],
    content => chunk({ delta: { content: [{ type: 'text', text: content }] }, finish_reason: null }),
    [chunk({ delta: { content: '' }, finish_reason: 'stop' }, { usage }), done]
  ),
  DeepSeek: stream(
    [
      chunk({
        delta: { role: 'assistant', content: null, reasoning_content: '' },
        logprobs: null,
        finish_reason: null
      }),
      chunk({
        delta: { content: null, reasoning_content: 'They want a greeting.' },
        logprobs: null,
        finish_reason: null
      })
    ],
    content => chunk({ delta: { content, reasoning_content: null }, logprobs: null, finish_reason: null }),
    [chunk({ delta: { content: '', reasoning_content: null }, finish_reason: 'stop' }, { usage }), done]
  ),
  Gemini: stream([], content => ({ ...head, choices: [{ delta: { content, role: 'assistant' }, index: 0 }] }), [done]),
  Moonshot: stream([role], plain, [chunk({ delta: {}, finish_reason: 'stop', usage }), done]),
  Perplexity: stream(
    [],
    (content, soFar) => ({
      ...head,
      citations: ['https://example.com'],
      choices: [
        {
          index: 0,
          finish_reason: null,
          message: { role: 'assistant', content: soFar },
          delta: { role: 'assistant', content }
        }
      ],
      usage
    }),
    [
      {
        ...head,
        choices: [
          {
            index: 0,
            finish_reason: 'stop',
            message: { role: 'assistant', content: TEXT },
            delta: { role: 'assistant', content: '' }
          }
        ],
        usage
      }
    ]
  ).replaceAll('\n', '\r\n'),
  MiniMax: stream(
    [],
    content => ({
      ...chunk({ delta: { content, role: '' } }),
      usage: { total_tokens: 0, total_characters: 0 },
      input_sensitive: false
    }),
    [
      {
        ...chunk({ finish_reason: 'stop', message: { content: TEXT, role: 'assistant' } }),
        object: 'chat.completion',
        usage,
        base_resp: { status_code: 0, status_msg: '' }
      }
    ]
  ),
  Cloudflare: stream(
    [],
    content => ({
      ...head,
      choices: [{ delta: { content } }],
      usage: { prompt_tokens: 0, completion_tokens: 1, total_tokens: 1 }
    }),
    [{ ...head, choices: [{ delta: { content: 42 }, finish_reason: 'stop' }], usage }, done]
  ),
  SGLang: stream(
    [],
    content =>
      chunk({
        delta: { role: null, content, tool_calls: null },
        logprobs: null,
        finish_reason: '',
        matched_stop: null
      }),
    [
      chunk({ delta: { content: null }, finish_reason: 'stop', matched_stop: 151645 }),
      { ...head, choices: [], usage },
      done
    ]
  ),
  'Text Generation Inference': stream([], plain, [
    chunk({ delta: { content: '' }, finish_reason: 'eos_token' }),
    done
  ]).replaceAll('data: ', 'data:'),
  Together: stream(
    [],
    content =>
      chunk({
        role: 'assistant',
        text: content,
        delta: { token_id: 9906, role: 'assistant', content },
        finish_reason: null
      }),
    [chunk({ text: '', delta: { token_id: 128009, content: '' }, finish_reason: 'eos' }, { usage }), done]
  ),
  xAI: stream([], content => chunk({ delta: { content, role: 'assistant' } }, { usage }), [
    chunk({ delta: { content: '' }, finish_reason: 'stop' }, { usage }),
    done
  ]),
  'a server of legacy completions': stream(
    [],
    content => ({
      id: 'cmpl-1',
      object: 'text_completion',
      created,
      choices: [{ text: content, index: 0, finish_reason: null }]
    }),
    [
      { id: 'cmpl-1', object: 'text_completion', created, choices: [{ text: '', index: 0, finish_reason: 'length' }] },
      done
    ]
  ),
  'a gateway with keep-alives': stream([role], plain, [stop, done])
    .replaceAll('data: {', 'event: message\ndata: {')
    .replaceAll('\n\n', '\n\n: ping\n\nevent: ping\ndata:\n\n'),
  'a server that does not stream': `${JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
    usage
  })}\n`
}

const ARGUMENTS = ['{"city":', '"Bo', 'nn","at":[', '7]', '}']
const CALL = ARGUMENTS.join('')

const called = chunk({ delta: {}, finish_reason: 'tool_calls' })
const calls = (...tool_calls: object[]) => chunk({ delta: { tool_calls }, finish_reason: null })
const named = (name: string, args: string, rest: object = {}) => ({ ...rest, function: { name, arguments: args } })
const rest = (args: string, rest: object = {}) => ({ ...rest, function: { arguments: args } })

/** Answers that call tools: a text, then the calls `weather` and `time`. */
const callers: Record<string, string> = {
  'OpenAI, calls in pieces': stream([role], plain, [
    calls(named('weather', '', { index: 0, id: 'call_1', type: 'function' })),
    ...ARGUMENTS.map(args => calls(rest(args, { index: 0 }))),
    calls(named('time', '', { index: 1, id: 'call_2', type: 'function' })),
    ...ARGUMENTS.map(args => calls(rest(args, { index: 1 }))),
    called,
    { ...head, choices: [], usage },
    done
  ]),
  'Gemini, whole calls with one index': stream([], plain, [
    calls(
      named('weather', CALL, { index: 0, id: 'a', extra_content: { google: { thought_signature: 'c2ln' } } }),
      named('time', CALL, { index: 0, id: 'b' })
    ),
    called,
    done
  ]),
  'Ollama, whole calls without ids': stream([], plain, [
    calls(named('weather', CALL, { index: 0, id: '' })),
    calls(named('time', CALL, { index: 0, id: '' })),
    called,
    done
  ]),
  'a server without ids and indexes': stream([], plain, [
    calls(named('weather', '')),
    ...ARGUMENTS.map(args => calls(rest(args))),
    calls(named('time', '')),
    ...ARGUMENTS.map(args => calls(rest(args))),
    called,
    done
  ]),
  'a server with another id in each piece': stream([], plain, [
    calls(named('weather', '', { index: 0, id: 'a' })),
    ...ARGUMENTS.map((args, count) => calls(rest(args, { index: 0, id: `a${count}` }))),
    calls(named('time', '', { index: 1, id: 'b' })),
    ...ARGUMENTS.map((args, count) => calls(rest(args, { index: 1, id: `b${count}` }))),
    called,
    done
  ]),
  'Copilot, calls in a choice of their own': stream([], plain, [
    {
      ...head,
      choices: [
        { index: 0, delta: { content: '' }, finish_reason: 'tool_calls' },
        {
          index: 0,
          delta: { content: null, tool_calls: [named('weather', CALL, { index: 0, id: 'a' })] },
          finish_reason: 'tool_calls'
        },
        { delta: { tool_calls: [named('time', CALL, { index: 1, id: 'b' })] }, finish_reason: 'tool_calls' }
      ]
    },
    done
  ]),
  'a server with its calls in the choice': stream([], plain, [
    chunk({ delta: {}, tool_calls: [named('weather', CALL, { id: 'a' }), named('time', CALL, { id: 'b' })] }),
    called,
    done
  ]),
  'a server with a message beside a delta with the role': stream([], plain, [
    chunk({
      delta: { role: 'assistant', content: '' },
      message: { content: TEXT, tool_calls: [named('weather', CALL, { id: 'a' }), named('time', CALL, { id: 'b' })] },
      finish_reason: 'tool_calls'
    }),
    done
  ])
}

const thinkers: Record<string, string> = {
  'OpenRouter, details of the reasoning': stream(
    [
      chunk({ delta: { content: '', reasoning: null, reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }] } }),
      chunk({ delta: { reasoning_content: '', reasoning: 'So.' } })
    ],
    plain,
    [stop, done]
  ),
  'a server with a message of the whole, and a role': stream([], plain, [
    chunk({ delta: { role: 'assistant' }, message: { content: TEXT, thinking: 'Hm.' }, finish_reason: 'stop' }),
    done
  ])
}

function reasonOf(provider: string): string {
  if (provider in callers) return 'tool_calls'
  return provider === 'Gemini' ? 'unknown' : provider.includes('legacy') ? 'length' : 'stop'
}

export const recordings: Recording[] = Object.entries({ ...bodies, ...thinkers, ...callers }).map(
  ([provider, body]) => ({
    provider,
    body,
    text: provider === 'Cloudflare' ? `${TEXT}42` : TEXT,
    calls: provider in callers ? [`weather ${CALL}`, `time ${CALL}`] : [],
    reason: reasonOf(provider)
  })
)
