export type { Describe, Described } from './describe.js'
export { type ObserveOptions, observe } from './observe.js'
