import t from 'tap'
import { openAiWires } from '../helpers/openai-server.js'
import { prove } from './scenarios.js'

prove(t, {
  wire: openAiWires,
  env: url => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'key' }),
  load: () => import('./routes/ai-sdk.js'),
  rows: {
    '/full': { hasBackpressure: false },
    '/ui': { hasBackpressure: false },
    '/text': { hasBackpressure: false, truncated: 'FST_SSE_SOURCE_FAILED' }
  }
})
