import { args, bearer, parameters, type RecordedClient, stainless } from './recorded.js'

const cached = { cache_control: { type: 'ephemeral' } }
const text = (text: string) => ({ type: 'text', text })
const readFile = { name: 'read_file', description: 'Reads a file.' }
const tools = [{ ...readFile, parameters }]
const chatTool = { type: 'function', function: { ...readFile, parameters } }
const responsesTool = { type: 'function', ...readFile, parameters, strict: false }
const chatCall = { id: 'call_1', type: 'function', function: { name: 'read_file', arguments: args } }
const called = { type: 'tool-call', id: 'call_1', name: 'read_file', arguments: args } as const
const thought = { type: 'reasoning', text: 'I must look.' } as const

/** @anthropic-ai/claude-code 2.1.197, `claude -p`: the request with the result of a tool. */
const claudeCode: RecordedClient = {
  client: 'Claude Code',
  requests: [
    {
      name: 'a turn',
      path: '/v1/messages?beta=true',
      headers: {
        ...stainless,
        'x-api-key': 'dummy',
        'anthropic-beta': 'claude-code-20250219,context-1m-2025-08-07,interleaved-thinking-2025-05-14',
        'anthropic-dangerous-direct-browser-access': 'true',
        'anthropic-version': '2023-06-01',
        'x-app': 'cli',
        'x-claude-code-session-id': 'dd9e3d49'
      },
      body: {
        model: 'claude-opus-4-8',
        messages: [
          { role: 'user', content: [text('<system-reminder>...</system-reminder>'), text('What does a.txt say?')] },
          { role: 'system', content: 'Available agent types for the Agent tool: ...' },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'I must look.', signature: 'sig' },
              text('Let me look. '),
              { type: 'tool_use', id: 'call_1', name: 'read_file', input: { path: 'a.txt' } }
            ]
          },
          {
            role: 'user',
            content: [{ tool_use_id: 'call_1', type: 'tool_result', content: 'marzipan', is_error: false, ...cached }]
          }
        ],
        system: [text('x-anthropic-billing-header: cc_version=2.1.197;'), { ...text('You are an agent.'), ...cached }],
        tools: [{ ...readFile, input_schema: parameters }],
        metadata: { user_id: '{"device_id":"1991"}' },
        max_tokens: 64000,
        thinking: { type: 'adaptive' },
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        output_config: { effort: 'high' },
        stream: true
      },
      asked: { reasoningEffort: 'high', maxTokens: 64000, user: '{"device_id":"1991"}', tools }
    }
  ]
}

/** @openai/codex 0.171.0, `codex exec`, with a provider that has `wire_api = "responses"`. */
const codex: RecordedClient = {
  client: 'Codex CLI',
  requests: [
    {
      name: 'a turn',
      path: '/v1/responses',
      headers: {
        ...bearer,
        accept: 'text/event-stream',
        originator: 'codex_exec',
        'session-id': '01a2196d',
        'x-codex-beta-features': 'remote_compaction_v2'
      },
      body: {
        model: 'demo',
        stream: true,
        input: [
          { type: 'message', id: 'msg_1', role: 'developer', content: [{ type: 'input_text', text: 'Be an agent.' }] },
          { type: 'message', id: 'msg_2', role: 'user', content: [{ type: 'input_text', text: 'What does it say?' }] },
          {
            type: 'reasoning',
            id: 'rs_1',
            summary: [{ type: 'summary_text', text: 'I must look.' }],
            content: null,
            encrypted_content: 'signature:c2ln'
          },
          {
            type: 'message',
            status: 'completed',
            id: 'msg_3',
            role: 'assistant',
            content: [{ type: 'output_text', text: 'Let me look. ', annotations: [], logprobs: [] }]
          },
          {
            type: 'function_call',
            status: 'completed',
            id: 'fc_1',
            name: 'read_file',
            arguments: args,
            call_id: 'call_1'
          },
          { type: 'function_call_output', id: 'fco_1', call_id: 'call_1', output: 'marzipan' }
        ],
        tools: [
          responsesTool,
          { type: 'namespace', name: 'multi_agent_v1', description: 'Manages agents.', tools: [responsesTool] },
          { type: 'web_search', external_web_access: false }
        ],
        tool_choice: 'auto',
        parallel_tool_calls: true,
        reasoning: { summary: 'auto' },
        store: false,
        include: ['reasoning.encrypted_content'],
        prompt_cache_key: '01a2196d',
        client_metadata: { session_id: '01a2196d' }
      },
      asked: {
        toolChoice: 'auto',
        parallelToolCalls: true,
        messages: [
          { role: 'system', content: 'Be an agent.' },
          { role: 'user', content: 'What does it say?' },
          {
            role: 'assistant',
            content: [{ ...thought, signature: 'sig' }, { type: 'text', text: 'Let me look. ' }, called]
          },
          { role: 'tool', toolCallId: 'call_1', content: 'marzipan' }
        ]
      }
    }
  ]
}

/** opencode-ai 1.18.33, `opencode run`, with providers of @ai-sdk/openai-compatible, openai and anthropic. */
const opencode: RecordedClient = {
  client: 'opencode',
  requests: [
    {
      name: 'a turn, by chat completions',
      path: '/v1/chat/completions',
      headers: { ...bearer, 'x-session-affinity': 'ses_1', 'user-agent': 'opencode/1.18.33' },
      body: {
        model: 'demo',
        max_tokens: 32000,
        messages: [
          { role: 'system', content: 'You are opencode.' },
          { role: 'user', content: 'What does a.txt say?' },
          {
            role: 'assistant',
            content: 'Let me look. ',
            reasoning_content: 'I must look.',
            tool_calls: [chatCall]
          },
          { role: 'tool', tool_call_id: 'call_1', content: 'marzipan\n' }
        ],
        tools: [chatTool],
        tool_choice: 'auto',
        stream: true,
        stream_options: { include_usage: true }
      },
      asked: {
        tools,
        messages: [
          { role: 'system', content: 'You are opencode.' },
          { role: 'user', content: 'What does a.txt say?' },
          { role: 'assistant', content: [thought, { type: 'text', text: 'Let me look. ' }, called] },
          { role: 'tool', toolCallId: 'call_1', content: 'marzipan\n' }
        ]
      }
    },
    {
      name: 'a title, by chat completions',
      path: '/v1/chat/completions',
      headers: bearer,
      body: {
        model: 'demo',
        max_tokens: 32000,
        messages: [
          { role: 'system', content: 'You are a title generator.' },
          { role: 'user', content: 'Generate a title for this conversation:\n' },
          { role: 'user', content: '"What does a.txt say?"' }
        ],
        stream: true,
        stream_options: { include_usage: true }
      },
      asked: { maxTokens: 32000 }
    },
    {
      name: 'a turn, by Responses',
      path: '/v1/responses',
      headers: bearer,
      body: {
        model: 'demo',
        input: [
          { role: 'system', content: 'You are opencode.' },
          { role: 'user', content: [{ type: 'input_text', text: 'What does a.txt say?' }] },
          {
            type: 'reasoning',
            encrypted_content: 'signature:c2ln',
            summary: [{ type: 'summary_text', text: 'I must look.' }]
          },
          { role: 'assistant', content: [{ type: 'output_text', text: 'Let me look. ' }] },
          { type: 'function_call', call_id: 'call_1', name: 'read_file', arguments: args },
          { type: 'function_call_output', call_id: 'call_1', output: 'marzipan\n' }
        ],
        max_output_tokens: 32000,
        store: false,
        prompt_cache_key: 'ses_1',
        tools: [responsesTool],
        tool_choice: 'auto',
        stream: true
      },
      asked: { maxTokens: 32000, toolChoice: 'auto', tools: [{ ...readFile, parameters, strict: false }] }
    },
    {
      name: 'a turn, by Messages',
      path: '/v1/messages',
      headers: { 'x-api-key': 'dummy', 'anthropic-version': '2023-06-01' },
      body: {
        model: 'demo',
        max_tokens: 32000,
        system: [{ ...text('You are opencode.'), ...cached }],
        messages: [
          { role: 'user', content: [text('What does a.txt say?')] },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'I must look.', signature: 'sig' },
              text('Let me look. '),
              { type: 'tool_use', id: 'call_1', name: 'read_file', input: { path: 'a.txt' }, ...cached }
            ]
          },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'marzipan\n', ...cached }]
          }
        ],
        tools: [{ ...readFile, input_schema: parameters }],
        tool_choice: { type: 'auto' },
        stream: true
      },
      asked: { maxTokens: 32000, toolChoice: 'auto', tools }
    }
  ]
}

/** @qwen-code/qwen-code 0.24.4, `qwen -p`, with `--auth-type openai`. */
const qwenCode: RecordedClient = {
  client: 'Qwen Code',
  requests: [
    {
      name: 'a turn: parts in the question and in the result of the tool',
      path: '/v1/chat/completions',
      headers: { ...bearer, ...stainless, 'user-agent': 'QwenCode/0.24.4 (linux; x64)' },
      body: {
        model: 'demo',
        messages: [
          { role: 'system', content: 'You are Qwen Code.' },
          { role: 'user', content: [text('<system-reminder>...</system-reminder>'), text('What does a.txt say?')] },
          {
            role: 'assistant',
            content: 'Let me look. ',
            tool_calls: [chatCall],
            reasoning_content: 'I must look.'
          },
          { role: 'tool', tool_call_id: 'call_1', content: [text('marzipan\n')] }
        ],
        max_tokens: 32000,
        stream: true,
        stream_options: { include_usage: true },
        tools: [chatTool]
      },
      asked: {
        maxTokens: 32000,
        tools,
        messages: [
          { role: 'system', content: 'You are Qwen Code.' },
          { role: 'user', content: '<system-reminder>...</system-reminder>What does a.txt say?' },
          { role: 'assistant', content: [thought, { type: 'text', text: 'Let me look. ' }, called] },
          { role: 'tool', toolCallId: 'call_1', content: 'marzipan\n' }
        ]
      }
    }
  ]
}

/** Agents on the command line, as they were recorded while they called a tool of theirs. */
export const agents: readonly RecordedClient[] = [claudeCode, codex, opencode, qwenCode]
