/** Installs the dependencies, unless those of package-lock.json are installed. */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'

// npm writes this file last, so an interrupted installation does not count.
const installed = modifiedAt('node_modules/.package-lock.json')

if (installed < modifiedAt('package-lock.json')) {
  execFileSync(process.execPath, [process.env.npm_execpath, 'ci', '--include=dev', '--loglevel=error'], {
    stdio: 'inherit'
  })
}

function modifiedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
