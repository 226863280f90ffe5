import type { Check } from '../check.js'
import { missing } from '../commands.js'

/** For commands that take too long to be run here, or change something: what they name is there. */
export const namesWhatIsThere: Check = (t, { commands }) => {
  t.ok(commands.length > 0)
  for (const command of commands) t.strictSame(missing(command), [], command)
}
