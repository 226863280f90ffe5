import type { Checks } from '../check.js'
import { namesWhatIsThere } from './commands.js'

export const scaling: Checks = {
  'What to size Redis for': namesWhatIsThere,
  'What resuming costs a server': namesWhatIsThere
}
