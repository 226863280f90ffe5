import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { HttpAgent } from '@ag-ui/client'
import type { FastifyInstance } from 'fastify'
import { agUiRoutes } from '../../../routes/index.js'
import { pageOf } from '../../helpers/markdown.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import type { Checks } from '../check.js'
import type { Program } from '../program.js'

export const routes: Checks = {
  streamRoutes: async (t, program) => {
    const app = await program.app(t)
    const response = await app.inject({ url: '/stream?prompt=hi', headers: { accept: 'application/json' } })
    t.same(response.json(), { text: 'You said: hi ', finishReason: 'stop' })
    const events = (await app.inject('/stream?prompt=hi')).body.replace(/^id: .+\n/gm, '')
    t.equal(events, 'data: You \n\ndata: said: \n\ndata: hi \n\nevent: done\ndata: {"finishReason":"stop"}\n\n')
  },

  'streamRoutes (2)': async (t, program) => {
    const text = await curl(await programAbove(program).serve(t), program)
    const events = text.replace(/^id: .+\n/gm, '')
    t.equal(events, 'data: You \n\ndata: said: \n\ndata: hi \n\nevent: done\ndata: {"finishReason":"stop"}\n\n')
  },

  'With an SDK': async (t, program) => {
    let end = 'stop'
    const provider = await openAiServer(t, call => {
      if (end === 'refuse') return call.refuse(429)
      call.token('Hello')
      if (end === 'stop') call.finish()
      else call.response.end()
    })
    Object.assign(process.env, { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'key' })
    const app = await program.app(t)
    const ask = () =>
      app.inject({ method: 'POST', url: '/stream', body: { messages: [{ role: 'user', content: 'hi' }] } })
    t.match((await ask()).body, /data: Hello\n\n.*event: done\ndata: \{"finishReason":"stop"\}/s)
    t.match(provider.calls[0]?.body, { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'hi' }] })
    end = 'cut'
    t.match((await ask()).body, /data: Hello\n\n.*event: error\n/s)
    end = 'refuse'
    t.equal((await ask()).statusCode, 429)
    t.equal(provider.calls.length, 3)
  },

  Guards: async (t, program) => {
    const app = await program.app(t)
    const ask = async (headers: Record<string, string>) =>
      (await app.inject({ url: '/stream?prompt=hi', headers })).statusCode
    const authorization = 'Bearer try-this-key'
    t.equal(await ask({ host: 'chat.example.com', authorization }), 200)
    t.equal(await ask({ origin: 'https://app.example.com', authorization }), 200)
    t.equal(await ask({ host: 'evil.example', authorization }), 421)
    t.equal(await ask({ 'sec-fetch-site': 'cross-site', authorization }), 403)
    t.equal(await ask({}), 401)
  },

  openAiRoutes: async (t, program) => {
    const app = await program.app(t)
    const body = { model: 'parrot', messages: [{ role: 'user', content: 'hi' }] }
    const response = await app.inject({ method: 'POST', url: '/v1/chat/completions', body })
    t.match(response.json(), { choices: [{ message: { content: 'You said: hi' }, finish_reason: 'stop' }] })
    t.match((await app.inject('/v1/models')).json(), { data: [{ id: 'parrot' }] })
  },

  'openAiRoutes (2)': async (t, program) => {
    const text = await curl(await programAbove(program).serve(t), program)
    t.match(text, /^data: \{.+"content":"You said: hi"/)
    t.ok(text.endsWith('data: [DONE]\n\n'))
  },

  anthropicRoutes: async (t, program) => {
    const app = await program.app(t)
    const body = { model: 'parrot', max_tokens: 99, messages: [{ role: 'user', content: 'hi' }] }
    const response = await app.inject({ method: 'POST', url: '/v1/messages', body })
    t.match(response.json(), { content: [{ type: 'text', text: 'You said: hi' }], stop_reason: 'end_turn' })
    t.equal((await app.inject({ method: 'POST', url: '/v1/messages/count_tokens', body })).statusCode, 404)
  },

  'anthropicRoutes (2)': async (t, program) => {
    const text = await curl(await programAbove(program).serve(t), program)
    t.match(text, /^event: message_start\n.+"text":"You said: hi"/s)
    t.match(text, /event: message_stop\n.+\n\n$/)
  },

  chatRoutes: async (t, program) => {
    const app = await program.app(t)
    const messages = [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }]
    const { body } = await app.inject({ method: 'POST', url: '/api/chat', body: { id: 'c', messages } })
    t.match(body, /"type":"text-delta","id":"1","delta":"You said: hi".+\[DONE\]/s)
    t.equal((await app.inject('/api/chat/c/stream')).statusCode, 204)
  },

  'chatRoutes (2)': async (t, program) => {
    t.match(await curl(await programAbove(program).serve(t), program), /"delta":"You said: hi".+\[DONE\]/s)
  },

  'Pages of other origins': async (t, program) => {
    const app = await program.app(t)
    const ask = (method: 'OPTIONS' | 'GET', origin: string, more: Record<string, string> = {}) =>
      app.inject({ method, url: '/v1/models', headers: { origin, 'access-control-request-method': 'GET', ...more } })
    const origin = 'https://app.example.com'
    const preflight = await ask('OPTIONS', origin, { 'access-control-request-headers': 'x-stainless-os' })
    t.match(preflight, { statusCode: 204, headers: { 'access-control-allow-origin': origin } })
    t.equal(preflight.headers['access-control-allow-headers'], 'x-stainless-os')
    t.equal((await ask('GET', origin)).statusCode, 401)
    const answer = await ask('GET', origin, { authorization: 'Bearer try-this-key' })
    t.match(answer, { statusCode: 200, headers: { 'access-control-allow-origin': origin, vary: 'Origin' } })
    t.equal(answer.headers['access-control-allow-credentials'], undefined)
    t.equal((await ask('OPTIONS', 'https://evil.example')).statusCode, 403)
  },

  agUiRoutes: async (t, program) => {
    const app = await program.app(t)
    const messages = [{ id: '1', role: 'user', content: 'hi' }]
    const { body } = await app.inject({ method: 'POST', url: '/agent', body: { threadId: 't', runId: 'r', messages } })
    t.match(body, /"type":"RUN_STARTED".+"delta":"You said: hi".+"type":"RUN_FINISHED"/s)
    t.equal((await app.inject('/agent/t/stream')).statusCode, 204)
  },

  'agUiRoutes (2)': async (t, program) => {
    t.match(await curl(await programAbove(program).serve(t), program), /"delta":"You said: hi".+RUN_FINISHED/s)
  },

  'agUiRoutes (3)': async (t, program) => {
    const steps = new Steps()
    const { url } = await serve(t, app =>
      app.register(agUiRoutes, {
        generate: async function* () {
          yield 'Hello'
          await steps.next()
          return { finishReason: 'stop' }
        }
      })
    )
    const change = (code: string) => code.replace('http://localhost:3000', url)
    const { ResumingAgent } = await program.load<{ ResumingAgent: typeof HttpAgent }>('ResumingAgent', change)
    const options = { url: `${url}/agent`, threadId: 'a/b' }
    const first = new ResumingAgent(options)
    first.addMessage({ id: '1', role: 'user', content: 'hi' })
    const again = new ResumingAgent(options)
    const both: Promise<unknown>[] = []
    const onTextMessageContentEvent = () =>
      void both.push(again.connectAgent({}, { onRunStartedEvent: () => steps.go() }))
    await first.runAgent({}, { onTextMessageContentEvent })
    await Promise.all(both)
    t.match(again.messages, [{ role: 'assistant', content: 'Hello' }])
    const late = new ResumingAgent(options)
    await late.connectAgent()
    t.same(late.messages, [])
  },

  responsesRoutes: async (t, program) => {
    const app = await program.app(t)
    const body = { model: 'parrot', input: 'hi' }
    const first = (await app.inject({ method: 'POST', url: '/v1/responses', body })).json()
    t.match(first, { status: 'completed', output: [{ content: [{ text: 'You said: hi' }] }] })
    const url = `/v1/responses/${first.id}`
    t.same((await app.inject(url)).json(), first)
    const next = { ...body, input: 'again', previous_response_id: first.id, background: true }
    const begun = (await app.inject({ method: 'POST', url: '/v1/responses', body: next })).json()
    t.equal(begun.status, 'queued')
    const events = (await app.inject(`/v1/responses/${begun.id}?stream=true`)).body
    t.match(events, /"delta":"You said: again".*event: response.completed\n.*data: \[DONE\]\n\n$/s)
    t.equal((await app.inject({ method: 'DELETE', url })).statusCode, 200)
    t.equal((await app.inject(url)).statusCode, 404)
  },

  'responsesRoutes (2)': async (t, program) => {
    const text = await curl(await programAbove(program).serve(t), program)
    t.match(text, /^event: response.created\n.*"delta":"You said: hi"/s)
    t.ok(text.endsWith('data: [DONE]\n\n'))
  },

  openAiSource: async (t, program) => {
    const ollama = await openAiServer(t, call => {
      call.token('Hello')
      call.finish()
    })
    const change = (code: string) => code.replace('http://localhost:11434/v1', ollama.url)
    const { app } = await program.load<{ app: FastifyInstance }>('app', change)
    t.teardown(() => app.close())
    const events = (await app.inject('/stream?prompt=hi')).body
    t.match(events, /data: Hello\n\n.*event: done\n/s)
    t.match(ollama.calls[0]?.body, { model: 'llama3.2', messages: [{ role: 'user', content: 'hi' }] })
  },

  'In a route of your own': async (t, program) => {
    const provider = await openAiServer(t, call => {
      call.start()
      call.write('data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}\n\n')
      call.token('Hello')
      call.finish()
    })
    const change = (code: string) => code.replace('http://localhost:11434/v1', provider.url)
    const { app } = await program.load<{ app: FastifyInstance }>('app', change)
    t.teardown(() => app.close())
    const { body } = await app.inject({ method: 'POST', url: '/ask', body: { question: 'hi' } })
    t.match(body, /^event: reasoning\ndata: \{"type":"reasoning","text":"hm"\}\n\ndata: Hello\n\n/)
    t.match(provider.calls[0]?.body, { messages: [{ role: 'user', content: 'hi' }] })
  },

  languageModelSource: async (t, program) => {
    const provider = await openAiServer(t, call => {
      call.token('Hello')
      call.finish()
    })
    const here = JSON.stringify({ baseURL: provider.url, apiKey: 'key' })
    const change = (code: string) =>
      code.replace('{ openai }', '{ createOpenAI }').replace('openai.chat', `createOpenAI(${here}).chat`)
    const { app } = await program.load<{ app: FastifyInstance }>('app', change)
    t.teardown(() => app.close())
    const events = (await app.inject('/stream?prompt=hi')).body
    t.match(events, /data: Hello\n\n.*event: done\n/s)
    t.match(provider.calls[0]?.body, { model: 'gpt-5-mini', messages: [{ role: 'user' }] })
  }
}

/** The program that serves what a command asks for. */
function programAbove(program: Program): Program {
  const { snippets } = pageOf('docs/routes.md')
  const index = snippets.findIndex(snippet => snippet.code === program.code)
  return program.other(snippets[index - 1] as (typeof snippets)[number])
}

/** Runs the command of a snippet against this server. */
async function curl(url: string, { code }: Program): Promise<string> {
  const command = code.replace('localhost:3000', url)
  const { stdout } = await promisify(execFile)('sh', ['-c', command.replace('curl', 'curl --silent --show-error')])
  return stdout
}
