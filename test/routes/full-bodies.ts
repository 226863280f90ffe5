import { type Api, chatCompletions, messagesApi, responsesApi, stream, useChat } from './every-api.js'

const schema = { type: 'object', properties: {} }
const png = 'data:image/png;base64,AA=='
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const sampling = { temperature: 1, top_p: 0.9, metadata: { a: 'b' }, unknown: { a: [1] } }

/** A body of each API that has each of its fields once. */
export const fullBodies: [Api, object][] = [
  [
    chatCompletions,
    {
      ...sampling,
      model: 'a',
      n: 1,
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 10,
      max_completion_tokens: 10,
      stop: ['END'],
      seed: 7,
      presence_penalty: 0,
      frequency_penalty: 0,
      user: 'u',
      parallel_tool_calls: true,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } },
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: false } }],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ function: { name: 'f' } }] } },
      functions: [{ name: 'g' }],
      function_call: { name: 'g' },
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control: {} }], name: 'n' },
        { role: 'developer', content: 's' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hi' },
            { type: 'image_url', image_url: { url: png, detail: 'low' } },
            { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
            { type: 'file', file: { file_data: png, filename: 'a', file_id: 'f' } }
          ]
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'a' },
            { type: 'refusal', refusal: 'no' }
          ],
          refusal: 'no',
          annotations: [],
          reasoning_content: 'hm',
          function_call: { name: 'g', arguments: '{}' },
          tool_calls: [call]
        },
        { role: 'tool', tool_call_id: 'c', content: 'r' },
        { role: 'function', name: 'g', content: 'r' }
      ]
    }
  ],
  [
    responsesApi,
    {
      ...sampling,
      model: 'a',
      stream: true,
      store: false,
      background: false,
      instructions: [{ type: 'input_text', text: 's' }],
      max_output_tokens: 10,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'n', schema, strict: true }, verbosity: 'low' },
      tools: [{ type: 'function', name: 'f', parameters: schema }, { type: 'web_search' }],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
      input: [
        { role: 'system', content: [{ type: 'input_text', text: 's' }] },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'hi' },
            { type: 'input_image', image_url: png, detail: 'low' },
            { type: 'input_file', file_data: png, file_url: png, file_id: 'f', filename: 'a' },
            { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } }
          ]
        },
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'x' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a', annotations: [] }] },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', status: 'completed' },
        { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'r' }] },
        { type: 'custom_tool_call', call_id: 'd', name: 'g', input: 'x' },
        { type: 'custom_tool_call_output', call_id: 'd', output: 'r' },
        { role: 'tool', call_id: 'c', content: 'r' },
        { type: 'web_search_call', id: 'w' }
      ]
    }
  ],
  [
    messagesApi,
    {
      ...sampling,
      model: 'a',
      max_tokens: 10,
      stream: true,
      system: [{ type: 'text', text: 's', cache_control: {} }],
      stop_sequences: ['END'],
      thinking: { type: 'enabled', budget_tokens: 2000 },
      metadata: { user_id: 'u', a: 'b' },
      output_config: { effort: 'low', format: { type: 'json_schema', schema } },
      output_format: { type: 'json_schema', schema },
      tools: [
        { name: 'f', input_schema: schema },
        { type: 'web_search_1', name: 'web_search' }
      ],
      tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hi' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
            { type: 'image', source: { type: 'file', file_id: 'f' } },
            { type: 'document', source: { type: 'url', url: 'https://a.example/' }, title: 't' },
            { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'x' }] } },
            { type: 'search_result', content: [{ type: 'text', text: 'x' }], title: 't' }
          ]
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'redacted_thinking', data: 'd' },
            { type: 'text', text: 'a', citations: null },
            { type: 'tool_use', id: 'c', name: 'f', input: {} },
            { type: 'server_tool_use', id: 'w' }
          ]
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c', is_error: false, content: [{ type: 'text', text: 'r' }] },
            { type: 'text', text: 'go on' }
          ]
        },
        { role: 'system', content: 's' }
      ]
    }
  ],
  [
    useChat,
    {
      id: 'c',
      trigger: 'submit-message',
      messageId: 'm',
      model: 'a',
      temperature: 1,
      tools: [{ name: 'f', parameters: schema }],
      toolChoice: { tool: 'f' },
      metadata: { a: 'b' },
      unknown: { a: 1 },
      messages: [
        { id: '0', role: 'system', parts: [{ type: 'text', text: 's' }] },
        {
          id: '1',
          role: 'user',
          metadata: {},
          parts: [
            { type: 'text', text: 'hi' },
            { type: 'file', mediaType: 'image/png', url: png, filename: 'a' },
            { type: 'file', mediaType: 'audio/mpeg', url: 'data:audio/mpeg;base64,AA==' },
            { type: 'data-x', data: { a: 1 } }
          ]
        },
        {
          id: '2',
          role: 'assistant',
          parts: [
            { type: 'step-start' },
            { type: 'reasoning', text: 'hm', providerMetadata: { 'fastify-sse-from': { signature: 's' } } },
            { type: 'text', text: 'a', state: 'done' },
            { type: 'tool-f', toolCallId: 'c', state: 'output-available', input: {}, output: { a: 1 } },
            { type: 'dynamic-tool', toolName: 'g', toolCallId: 'd', state: 'output-error', input: {}, errorText: 'e' },
            { type: 'tool-f', toolCallId: 'e', state: 'output-denied', input: {}, approval: { reason: 'no' } },
            { type: 'source-url', sourceId: 's', url: 'https://a.example/' }
          ]
        }
      ]
    }
  ],
  [
    stream,
    {
      model: 'a',
      temperature: 1,
      topP: 0.9,
      maxTokens: 10,
      stop: ['END'],
      seed: 7,
      presencePenalty: 0,
      frequencyPenalty: 0,
      reasoningEffort: 'low',
      user: 'u',
      parallelToolCalls: true,
      metadata: { a: 'b' },
      extra: { a: [1] },
      tools: [{ name: 'f', description: 'd', parameters: schema, strict: true, extra: { a: 1 } }],
      toolChoice: { tool: 'f' },
      responseFormat: { type: 'json', schema, name: 'n', description: 'd', strict: true },
      messages: [
        { role: 'system', content: 's', name: 'n' },
        {
          role: 'user',
          extra: { a: 1 },
          content: [
            { type: 'text', text: 'hi', extra: { a: 1 } },
            { type: 'image', url: png, detail: 'low' },
            { type: 'file', url: png, id: 'f', name: 'a' },
            { type: 'audio', data: 'AA==', format: 'mp3' }
          ]
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm', signature: 's', encrypted: 'e' },
            { type: 'text', text: 'a' },
            { type: 'refusal', text: 'no' },
            { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }
          ]
        },
        { role: 'tool', toolCallId: 'c', content: 'r', isError: false }
      ]
    }
  ]
]
