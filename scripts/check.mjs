/** Checks the types of every project, with as many compilers at a time as there are processors. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** The longest come first, so that none of them is left for the end. */
const PROJECTS = ['.', 'bench', 'test/node-versions', 'examples/react', 'server/page', 'examples/nest', 'client']

const waiting = [...PROJECTS]
await Promise.all(Array.from({ length: availableParallelism() }, checkNext))

async function checkNext() {
  for (let project = waiting.shift(); project !== undefined; project = waiting.shift()) {
    const compiler = spawn('tsc', ['--noEmit', '-p', project], { stdio: 'inherit' })
    const [code] = await once(compiler, 'exit')
    if (code !== 0) {
      console.error(`the types of ${project} are wrong`)
      process.exitCode = 1
    }
  }
}
