import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { fetchAll } from '../helpers/client.js'
import { sendOddChunks } from '../helpers/odd-chunks.js'
import { openAiServer } from '../helpers/openai-server.js'
import { serve } from '../helpers/server.js'

interface Program {
  default: (app: FastifyInstance) => Promise<void>
}

const programs: Record<string, { path: string; bare?: true; load: () => Promise<Program> }> = {
  openai: { path: '/chat', bare: true, load: () => import('../../examples/sdks/openai.js') },
  ai: { path: '/full', load: () => import('../../examples/sdks/ai-sdk.js') },
  'the text of ai': { path: '/text', load: () => import('../../examples/sdks/ai-sdk.js') },
  '@langchain/openai': { path: '/stream', bare: true, load: () => import('../../examples/sdks/langchain.js') }
}

let isWhole = true
let isBare = false
const provider = await openAiServer(t, ({ response }) => sendOddChunks(response, isWhole, isBare))
Object.assign(process.env, { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'key' })

for (const [name, { path, bare = false, load }] of Object.entries(programs)) {
  t.test(`${name}: skips chunks without text, and does not take an empty finish_reason for the end`, async t => {
    const { url } = await serve(t, async app => app.register((await load()).default))
    const answer = async () => {
      const client = await fetchAll(`${url}${path}?prompt=hi`)
      return client.events().map(({ event = 'message', data }) => ({ event, data }))
    }
    isBare = bare
    isWhole = true
    t.match(await answer(), [{ event: 'message', data: 'Hello' }, { event: 'done' }])
    isWhole = false
    t.match(await answer(), [{ event: 'message', data: 'Hello' }, { event: 'error' }])
  })
}
