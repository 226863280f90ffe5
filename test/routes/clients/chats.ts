import { args, bearer, parameters, png, type RecordedClient, stainless } from './recorded.js'

const completions = '/v1/chat/completions'
const readFile = { type: 'function', function: { name: 'read_file', description: 'Reads a file.', parameters } }
const tools = [{ name: 'read_file', description: 'Reads a file.', parameters }]
const call = { id: 'call_1', type: 'function', function: { name: 'read_file', arguments: args } }
const called = { type: 'tool-call', id: 'call_1', name: 'read_file', arguments: args } as const
const image = { type: 'image_url', image_url: { url: png } }

/**
 * Open WebUI, after copies of `generate_chat_completion` in backend/open_webui/routers/openai.py (004a45f) and of
 * tasks.py in the same folder (074d488). The requests with tools are inferred.
 */
const openWebUi: RecordedClient = {
  client: 'Open WebUI',
  models: { path: '/v1/models', headers: { ...bearer, 'x-openwebui-user-id': '1', 'x-openwebui-user-role': 'admin' } },
  requests: [
    {
      name: 'a chat with an image, the parameters of a model, and a marker for the cache',
      path: completions,
      headers: { ...bearer, 'x-openwebui-user-name': 'Ada', 'x-openwebui-chat-id': 'chat' },
      body: {
        stream: true,
        model: 'demo',
        messages: [
          { role: 'system', content: 'Be kind.' },
          {
            role: 'user',
            content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }, image]
          }
        ],
        temperature: 0.8,
        top_p: 0.9,
        max_tokens: 128,
        frequency_penalty: 0.5,
        seed: 42,
        stop: ['END'],
        logit_bias: { 50256: -100 },
        reasoning: { effort: 'high' },
        min_p: 0.05,
        stream_options: { include_usage: true }
      },
      asked: { temperature: 0.8, maxTokens: 128, stop: ['END'], seed: 42, extra: { min_p: 0.05 } }
    },
    {
      name: 'the results of its tools',
      path: completions,
      headers: bearer,
      body: {
        model: 'demo',
        stream: true,
        messages: [
          { role: 'user', content: 'What does a.txt say?' },
          { role: 'assistant', content: '', tool_calls: [{ index: 0, ...call }] },
          { role: 'tool', tool_call_id: 'call_1', content: 'marzipan' }
        ],
        tools: [readFile]
      },
      asked: {
        tools,
        messages: [
          { role: 'user', content: 'What does a.txt say?' },
          { role: 'assistant', content: [called] },
          { role: 'tool', toolCallId: 'call_1', content: 'marzipan' }
        ]
      }
    },
    {
      name: 'a title',
      path: completions,
      headers: bearer,
      body: {
        model: 'demo',
        messages: [{ role: 'user', content: '### Task: Generate a title.' }],
        stream: false,
        max_completion_tokens: 1000
      },
      asked: { maxTokens: 1000 }
    },
    {
      name: 'tags',
      path: completions,
      headers: bearer,
      body: { model: 'demo', messages: [{ role: 'user', content: '### Task: Generate 1-3 tags.' }], stream: false },
      asked: { messages: [{ role: 'user', content: '### Task: Generate 1-3 tags.' }] }
    }
  ]
}

/**
 * danny-avila/LibreChat: `getOpenAILLMConfig` of packages/api/src/endpoints/openai/llm.ts (00b3bc3), `fetchModels` of
 * packages/api/src/endpoints/models.ts (003bf57). danny-avila/agents 3.6.11, src/utils/title.ts. The body for
 * titles is what @langchain/openai 1.5.8 makes of these options; that of the chat is inferred.
 */
const libreChat: RecordedClient = {
  client: 'LibreChat',
  models: { path: '/v1/models?user=65f0', headers: bearer },
  requests: [
    {
      name: 'a chat of an agent with an image and a tool',
      path: completions,
      headers: { ...bearer, ...stainless, 'user-agent': 'langchainjs-openai/1.0.0' },
      body: {
        model: 'demo',
        temperature: 1,
        top_p: 1,
        presence_penalty: 0,
        frequency_penalty: 0,
        max_tokens: 500,
        user: '65f0c0ffee',
        stream: true,
        stream_options: { include_usage: true },
        verbosity: 'low',
        reasoning_effort: 'low',
        tools: [readFile],
        messages: [
          { role: 'system', content: 'Be kind.' },
          {
            role: 'user',
            name: 'Ada',
            content: [
              { type: 'text', text: 'hi' },
              { ...image, image_url: { url: png, detail: 'auto' } }
            ]
          },
          { role: 'assistant', content: '', tool_calls: [call] },
          { role: 'tool', content: 'marzipan', name: 'read_file', tool_call_id: 'call_1' }
        ]
      },
      asked: { user: '65f0c0ffee', reasoningEffort: 'low', tools, extra: { verbosity: 'low' } }
    },
    {
      name: 'a title, as JSON',
      path: completions,
      headers: { ...bearer, ...stainless, 'x-stainless-helper-method': 'chat.completions.parse' },
      body: {
        model: 'demo',
        stream: false,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'extract', schema: { type: 'object', properties: { title: { type: 'string' } } } }
        },
        messages: [{ role: 'user', content: 'Analyze this conversation.' }]
      },
      asked: { responseFormat: { type: 'json', name: 'extract' } }
    }
  ]
}

/**
 * continuedev/continue, extension 1.3.40 (d0a3c0b): `toChatBody` of core/llm/openaiTypeConverters.ts, `modifyChatBody`
 * of core/llm/llms/OpenAI.ts and of packages/openai-adapters/src/apis/OpenAI.ts.
 */
const continueClient: RecordedClient = {
  client: 'Continue',
  models: { path: '/v1/models', headers: { ...bearer, 'content-type': 'application/json', 'api-key': 'dummy' } },
  requests: [
    {
      name: 'a turn of its agent, with reasoning sent back and content that is a blank',
      path: completions,
      headers: { ...bearer, ...stainless, 'x-api-key': 'dummy' },
      body: {
        messages: [
          { role: 'system', content: 'You are in agent mode.' },
          { role: 'user', content: 'What does a.txt say?' },
          { role: 'assistant', content: ' ', tool_calls: [call], reasoning_content: '', reasoning: 'A file.' },
          { role: 'tool', content: 'marzipan', tool_call_id: 'call_1' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'And this?' },
              { ...image, image_url: { url: png, detail: 'auto' } }
            ]
          }
        ],
        model: 'demo',
        max_tokens: 4096,
        stream: true,
        tools: [readFile],
        parallel_tool_calls: false,
        stream_options: { include_usage: true }
      },
      asked: { maxTokens: 4096, parallelToolCalls: false, tools }
    },
    {
      name: 'an edit of code, with a prediction',
      path: completions,
      headers: { ...bearer, 'api-key': 'dummy' },
      body: {
        messages: [{ role: 'user', content: 'Rename it.' }],
        model: 'demo',
        stream: true,
        stop: ['```'],
        prediction: { type: 'content', content: 'const a = 1' }
      },
      asked: { stop: ['```'], extra: { prediction: { type: 'content', content: 'const a = 1' } } }
    }
  ]
}

/**
 * zed-industries/zed: `Request` and `RequestMessage` of crates/open_ai/src/open_ai.rs (014676e), `into_open_ai` of
 * crates/open_ai/src/completion.rs (04b569a). Empty lists and missing options are left out.
 */
const zed: RecordedClient = {
  client: 'Zed',
  requests: [
    {
      name: 'a turn of its agent: no content beside a call, and parts in the result of a tool',
      path: completions,
      headers: bearer,
      body: {
        model: 'demo',
        messages: [
          { role: 'system', content: 'You are a coding agent.' },
          { role: 'user', content: [{ type: 'text', text: 'What does this say?' }, image] },
          { role: 'assistant', content: null, tool_calls: [call], reasoning_content: 'A file.' },
          { role: 'tool', content: [{ type: 'text', text: 'marzipan' }, image], tool_call_id: 'call_1' },
          { role: 'assistant', content: [], tool_calls: [{ ...call, id: 'call_2' }] },
          { role: 'tool', content: [], tool_call_id: 'call_2' }
        ],
        stream: true,
        stream_options: { include_usage: true },
        max_completion_tokens: 32000,
        temperature: 1.0,
        tool_choice: 'auto',
        parallel_tool_calls: true,
        tools: [readFile],
        prompt_cache_key: 'thread',
        reasoning_effort: 'medium'
      },
      asked: {
        maxTokens: 32000,
        toolChoice: 'auto',
        parallelToolCalls: true,
        reasoningEffort: 'medium',
        extra: { prompt_cache_key: 'thread' }
      }
    },
    {
      name: 'a summary of a thread, as its title',
      path: completions,
      headers: bearer,
      body: {
        model: 'demo',
        messages: [{ role: 'user', content: 'Generate a concise title.' }],
        stream: true,
        stream_options: { include_usage: true },
        temperature: 1.0,
        tool_choice: 'none'
      },
      asked: { toolChoice: 'none' }
    }
  ]
}

/**
 * Aider-AI/aider 0.86.3 (5dc9490): `send_completion` and `set_thinking_tokens` of aider/models.py, aider/coders/
 * base_coder.py, aider/coders/chat_chunks.py. LiteLLM sends it with the Python SDK of OpenAI, whose `extra_body` is
 * part of the body.
 */
const aider: RecordedClient = {
  client: 'aider',
  requests: [
    {
      name: 'an edit, with markers for the cache, images in both forms, and an answer to be continued',
      path: completions,
      headers: { ...bearer, ...stainless, 'x-stainless-lang': 'python', 'x-stainless-raw-response': 'true' },
      body: {
        model: 'demo',
        stream: true,
        temperature: 0,
        reasoning: { max_tokens: 8192 },
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Act.', cache_control: { type: 'ephemeral' } }] },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'b.png' },
              { ...image, image_url: { url: png, detail: 'high' } },
              { type: 'text', text: 'c.pdf' },
              { type: 'image_url', image_url: 'data:application/pdf;base64,JVBERi0=' }
            ]
          },
          { role: 'assistant', content: 'Ok.' },
          { role: 'user', content: 'Rename it.' },
          { role: 'assistant', content: 'half of an', prefix: true }
        ]
      },
      asked: { temperature: 0, extra: { reasoning: { max_tokens: 8192 } } }
    },
    {
      name: 'an edit as the call of a function, and a message for a commit',
      path: completions,
      headers: { ...bearer, ...stainless, 'x-stainless-lang': 'python' },
      body: {
        model: 'demo',
        stream: false,
        temperature: 0,
        tools: [{ type: 'function', function: { name: 'read_file', description: 'Reads a file.', parameters } }],
        tool_choice: { type: 'function', function: { name: 'read_file' } },
        messages: [{ role: 'user', content: 'Say what changed.' }]
      },
      asked: { tools, toolChoice: { tool: 'read_file' } }
    }
  ]
}

/**
 * cline/cline, extension 4.1.13 (21cb8d2): sdk/packages/llms/src/providers/vendors/openai-compatible.ts, which sends
 * with @ai-sdk/openai-compatible 3; and the extension 3, src/core/api/providers/openai.ts and
 * src/core/api/transform/openai-format.ts (0162b82), which sends with the SDK of OpenAI.
 */
const cline: RecordedClient = {
  client: 'Cline',
  models: { path: '/v1/models', headers: { ...bearer, 'user-agent': 'axios/1.8.2' } },
  requests: [
    {
      name: 'a turn, in version 4',
      path: completions,
      headers: { ...bearer, 'user-agent': 'ai-sdk/openai-compatible/3.0.27' },
      body: {
        model: 'demo',
        max_tokens: 8192,
        temperature: 0,
        reasoning_effort: 'medium',
        messages: [
          { role: 'system', content: 'You are Cline.' },
          { role: 'user', content: 'What does a.txt say?' },
          { role: 'assistant', content: null, reasoning_content: 'A file.', tool_calls: [call] },
          { role: 'tool', tool_call_id: 'call_1', content: '[{"type":"text","text":"marzipan"}]' },
          { role: 'user', content: [{ type: 'text', text: '[image attached]' }, image] }
        ],
        tools: [readFile],
        tool_choice: 'auto',
        stream: true,
        stream_options: { include_usage: true }
      },
      asked: { maxTokens: 8192, reasoningEffort: 'medium', toolChoice: 'auto', tools }
    },
    {
      name: 'a turn, in version 3',
      path: completions,
      headers: { ...bearer, ...stainless },
      body: {
        model: 'demo',
        messages: [
          { role: 'developer', content: 'You are Cline.' },
          { role: 'user', content: [{ type: 'text', text: '<task>What does a.txt say?</task>' }, image] },
          {
            role: 'assistant',
            content: 'Let me see.',
            tool_calls: [call],
            reasoning_details: [
              { type: 'reasoning.text', text: 'A file.', signature: 'sig', format: 'unknown', index: 0 }
            ]
          },
          { role: 'tool', tool_call_id: 'call_1', content: '' }
        ],
        reasoning_effort: 'medium',
        stream: true,
        stream_options: { include_usage: true },
        tools: [readFile]
      },
      asked: {
        reasoningEffort: 'medium',
        messages: [
          { role: 'system', content: 'You are Cline.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: '<task>What does a.txt say?</task>' },
              { type: 'image', url: png }
            ]
          },
          {
            role: 'assistant',
            content: [{ type: 'text', text: 'Let me see.' }, called],
            extra: {
              reasoning_details: [
                { type: 'reasoning.text', text: 'A file.', signature: 'sig', format: 'unknown', index: 0 }
              ]
            }
          },
          { role: 'tool', toolCallId: 'call_1', content: '' }
        ]
      }
    }
  ]
}

/** Chats and editors, after their sources. */
export const chats: readonly RecordedClient[] = [openWebUi, libreChat, continueClient, zed, aider, cline]
