import t from 'tap'
import { ollamaWire } from '../helpers/ollama-server.js'
import { prove } from './scenarios.js'

await prove(t, {
  wire: ollamaWire,
  env: url => ({ OLLAMA_HOST: url }),
  load: () => import('../../examples/sdks/ollama.js'),
  rows: {
    '/ollama': { stopsUnanswered: false, truncated: 'FST_SSE_SOURCE_FAILED' },
    '/ollama/loading': { truncated: 'FST_SSE_SOURCE_FAILED' }
  }
})
