import { type ContenderName, contenders, isAlternative } from '../contenders.js'
import type { Result } from '../result.js'
import { noteOn } from './notes.js'

/**
 * Which alternatives cost less than the first contender of a scenario, and why. Without alternatives, or if a goal is
 * missed, what is known of the figures. Paragraphs of Markdown.
 */
export function ahead(result: Result): string[] {
  const { scenario } = result
  const [ours] = scenario.contenders
  const key = scenario.columns[0]?.key
  const others = result.contenders.filter(isAlternative)
  const note = noteOn(scenario.name)
  const known = note === undefined ? [] : [note]
  if (ours === undefined || key === undefined || others.length === 0) return known
  const cheaper = others
    .map(name => ({ name, ratio: result.ratio(name, ours, key) ?? Number.POSITIVE_INFINITY }))
    .filter(({ ratio }) => ratio < 1)
    .sort((a, b) => a.ratio - b.ratio)
  if (cheaper.length === 0) return ['No alternative costs less.', ...(missesGoal(result) ? known : [])]
  const list = cheaper.map(({ name, ratio }) => `- ${sentence(result, name, ours, key, ratio)}`)
  return ['**Ahead of fastify-sse-from:**', list.join('\n'), note ?? 'Nobody has found out why yet.']
}

/** Whether a goal of a scenario was measured and is not met. */
function missesGoal(result: Result): boolean {
  return result.scenario.goals.some(goal => (result.measured(goal)?.value ?? 0) > goal.atMost)
}

function sentence(result: Result, name: ContenderName, ours: ContenderName, key: string, ratio: number): string {
  const rounds = `in ${result.lower(name, ours, key)} of ${result.rounds} rounds`
  return `${contenders[name].label} costs ${ratio.toFixed(2)} times as much, less ${rounds}.`
}
