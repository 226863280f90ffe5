import { type ContenderName, contenders } from '../contenders.js'

/** Those that a user would take in place of ours, on Node. */
export function peers(names: readonly ContenderName[]): ContenderName[] {
  return names.filter(name => contenders[name].isPeer)
}
