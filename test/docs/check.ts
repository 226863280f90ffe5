import type { Test } from 'tap'
import type { Program } from './program.js'

/** Runs a snippet, and checks what can be seen of it. */
export type Check = (t: Test, program: Program) => Promise<void> | void

/** The checks of a page, by the names of its snippets. */
export type Checks = Readonly<Record<string, Check>>
