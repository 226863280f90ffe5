import t from 'tap'
import { fetchAll } from '../helpers/client.js'
import { openAiWires } from '../helpers/openai-server.js'
import { providerServer, sse } from '../helpers/provider-server.js'
import { serve } from '../helpers/server.js'
import { prove } from './scenarios.js'

await prove(t, {
  wire: openAiWires,
  env: url => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'key' }),
  load: () => import('../../examples/sdks/openai.js'),
  rows: { '/chat': {}, '/responses': {} }
})

t.test('/responses: an answer that the provider ends as failed is no whole one', async t => {
  const provider = await providerServer(t, openAiWires, call => {
    call.token('Hello')
    const response = { id: 'r', status: 'failed', error: { code: 'server_error', message: 'this is why' } }
    call.write(sse({ type: 'response.failed', sequence_number: 2, response }, 'response.failed'))
    call.response.end()
  })
  // The file has read its environment, which names the provider of the tests before.
  Object.assign(process.env, { OPENAI_BASE_URL: `${provider.url}/v1`, OPENAI_API_KEY: 'key' })
  const anew: string = '../../examples/sdks/openai.ts?anew'
  const { default: routes } = await import(anew)
  const { url, log } = await serve(t, routes)
  const client = await fetchAll(`${url}/responses?prompt=hi`)
  t.match(client.events(), [{ data: 'Hello' }, { event: 'error', data: /"statusCode":500/ }])
  t.match(log.find(({ msg }) => msg === 'stream failed')?.err?.message, /this is why/)
})
