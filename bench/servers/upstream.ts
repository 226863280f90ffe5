import { createServer } from 'node:http'
import { tokens } from '../source.js'
import { host } from './host.js'

/** A server with OpenAI's chat completions API, which sends its answer as fast as it can. */
const chunk = (choice: object) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
    object: 'chat.completion.chunk',
    created: 1_741_569_952,
    model: 'gpt-5-mini-2026-01-01',
    service_tier: 'default',
    system_fingerprint: 'fp_50cad350e4',
    choices: [{ index: 0, logprobs: null, finish_reason: null, delta: {}, ...choice }]
  })}\n\n`

const answer = Buffer.from(
  [
    chunk({ delta: { role: 'assistant', content: '', refusal: null } }),
    ...tokens.map(content => chunk({ delta: { content } })),
    chunk({ finish_reason: 'stop' }),
    'data: [DONE]\n\n'
  ].join('')
)

const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(answer)
    response.end()
  })
})

host(server)
