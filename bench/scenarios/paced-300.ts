import type { Scenario } from '../scenario.js'
import { paced } from './paced.js'
import { measureTimed } from './timed.js'

export const paced300: Scenario = {
  ...paced,
  name: 'paced-300',
  about: 'As `paced`, with 300 streams: a server that sleeps between tokens most of the time.',
  goals: paced.goals.filter(({ key }) => key === 'cpu'),
  measure: round => measureTimed(round, '/paced', 300)
}
