import t from 'tap'
import { anthropicWire } from '../helpers/anthropic-server.js'
import { prove } from './scenarios.js'

await prove(t, {
  wire: anthropicWire,
  env: url => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'key' }),
  load: () => import('../../examples/sdks/anthropic.js'),
  rows: { '/anthropic': {} }
})
