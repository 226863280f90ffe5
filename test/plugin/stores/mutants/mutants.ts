import { appending } from './appending.js'
import { creating } from './creating.js'
import { ending } from './ending.js'
import { following } from './following.js'
import { keeping } from './keeping.js'
import { leasing } from './leasing.js'
import { limiting } from './limiting.js'
import type { Mutant } from './mutant.js'
import { notifying } from './notifying.js'
import { reading } from './reading.js'
import { stopping } from './stopping.js'

/** Stores that are broken in one way each, by the part of the contract that they break. */
export const mutants: readonly Mutant[] = [
  ...creating,
  ...appending,
  ...ending,
  ...reading,
  ...leasing,
  ...following,
  ...stopping,
  ...notifying,
  ...keeping,
  ...limiting
]
