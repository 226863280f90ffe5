/** Installs the programs that the tests need, or says how to. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The commands that the tests run, and the Debian package of each. */
const needed = { nginx: 'nginx', 'redis-server': 'redis-server', chromium: 'chromium' }

const missing = Object.entries(needed)
  .filter(([command]) => !isInstalled(command))
  .map(([, debianPackage]) => debianPackage)

if (missing.length > 0) {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    console.error(`The tests need ${missing.join(', ')}. On Debian: sudo apt-get install ${missing.join(' ')}`)
    process.exit(1)
  }
  apt('update')
  apt('install', '--yes', '--no-install-recommends', ...missing)
}

function isInstalled(command) {
  // Debian installs servers in /usr/sbin, which only root has in its PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  return folders.some(folder => existsSync(join(folder, command)))
}

function apt(...args) {
  execFileSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  })
}
