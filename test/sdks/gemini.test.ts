import t from 'tap'
import { geminiWire } from '../helpers/gemini-server.js'
import { prove } from './scenarios.js'

await prove(t, {
  wire: geminiWire,
  env: url => ({ GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'key' }),
  load: () => import('../../examples/sdks/gemini.js'),
  rows: { '/gemini': { failsWith: 503 } }
})
