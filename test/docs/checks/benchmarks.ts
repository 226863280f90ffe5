import type { Checks } from '../checks.js'
import { namesWhatIsThere } from './commands.js'

export const benchmarks: Checks = { 'To run it again': namesWhatIsThere }
