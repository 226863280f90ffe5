import { type RivalName, rivals } from '../contenders.js'

/** Those that a user would take in place of ours, on Node. */
export function peers(names: readonly RivalName[]): RivalName[] {
  return names.filter(name => rivals[name].isPeer)
}
