import t from 'tap'
import { proveNewest } from './newest.js'

await proveNewest(t, 22)
