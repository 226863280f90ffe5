import { type ContenderName, contenders, isAlternative } from '../contenders.js'
import type { Result } from '../result.js'
import { noteOn } from './notes.js'

/**
 * Which alternatives cost less than the first contender of a scenario, and why. Without alternatives, what is known of
 * the figures. Paragraphs of Markdown.
 */
export function ahead(result: Result): string[] {
  const { scenario } = result
  const [ours] = scenario.contenders
  const key = scenario.columns[0]?.key
  const others = result.contenders.filter(isAlternative)
  const note = noteOn(scenario.name)
  if (ours === undefined || key === undefined || others.length === 0) return note === undefined ? [] : [note]
  const cheaper = others
    .map(name => ({ name, ratio: result.ratio(name, ours, key) ?? Number.POSITIVE_INFINITY }))
    .filter(({ ratio }) => ratio < 1)
    .sort((a, b) => a.ratio - b.ratio)
  if (cheaper.length === 0) return ['No alternative costs less.']
  const list = cheaper.map(({ name, ratio }) => `- ${sentence(result, name, ours, key, ratio)}`)
  return ['**Ahead of fastify-sse-from:**', list.join('\n'), note ?? 'Nobody has found out why yet.']
}

function sentence(result: Result, name: ContenderName, ours: ContenderName, key: string, ratio: number): string {
  const rounds = `in ${result.lower(name, ours, key)} of ${result.rounds} rounds`
  return `${contenders[name].label} costs ${ratio.toFixed(2)} times as much, less ${rounds}.`
}
