import t from 'tap'
import { openAiWires } from '../helpers/openai-server.js'
import { prove } from './scenarios.js'

await prove(t, {
  wire: openAiWires,
  env: url => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'key' }),
  load: () => import('../../examples/sdks/openai.js'),
  rows: { '/chat': {}, '/responses': {} }
})
