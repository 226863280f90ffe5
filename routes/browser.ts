/**
 * The types that a page needs of the ready routes. They replace those of `index.ts` in projects for browsers, which
 * have no types of Node.
 */
export type { Tokens, WholeAnswer } from './stream/events.js'
