import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { root, type Snippet } from '../helpers/markdown.js'

/** Where snippets are written to: beside the sources, so that they find the packages that a user would install. */
const folder = join(import.meta.dirname, 'snippets')

interface Manifest {
  readonly exports: Record<string, string | { import: { types: string } }>
}

/** The sources of what users import, by its name: `fastify-sse-from/client` is `client/index.ts`. */
export const entries: ReadonlyMap<string, string> = new Map(
  Object.entries((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest).exports).flatMap(
    ([path, target]) =>
      typeof target === 'string'
        ? []
        : [[path.replace('.', 'fastify-sse-from'), target.import.types.replace('./dist/', '').replace('.d.ts', '.ts')]]
  )
)

let written = 0

/** Makes an empty folder for snippets, and removes it after the test. @returns its path */
export function snippetFolder(t: Test, name: string): string {
  const path = join(folder, name)
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A snippet, to be run as it stands but for where it listens and where the package is. */
export class Program {
  readonly #snippet: Snippet
  readonly #folder: string

  /** @param folder that it is written to, two below `test/docs` */
  constructor(snippet: Snippet, folder: string) {
    this.#snippet = snippet
    this.#folder = folder
  }

  /** Another snippet, such as the server of a client. */
  other(snippet: Snippet): Program {
    return new Program(snippet, this.#folder)
  }

  get code(): string {
    return this.#snippet.code
  }

  /** The lines of a shell script, one a command, without the comments. */
  get commands(): string[] {
    return this.code
      .replaceAll('\\\n', '')
      .split('\n')
      .map(line => line.replace(/ +#.*/, '').trim())
      .filter(Boolean)
  }

  /**
   * Runs it in this process.
   *
   * @param names of its variables
   * @returns these
   */
  async load<T>(names: string, change = (code: string) => code): Promise<T> {
    const silent = (code: string) => change(code.replace('logger: true', 'logger: false'))
    return await import(pathToFileURL(this.#write(silent, `\nexport { ${names} }\n`)).href)
  }

  /** Runs a program that makes an app. It listens on a free port, if at all. The app is closed after the test. */
  async app(t: Test): Promise<FastifyInstance> {
    const { app } = await this.load<{ app: FastifyInstance }>('app')
    t.teardown(() => app.close())
    return app
  }

  /** The same, for a program that listens. @returns its URL */
  async serve(t: Test): Promise<string> {
    return (await this.app(t)).listeningOrigin
  }

  /** Writes it to a file. @returns its path, from the root of this repository */
  file(change: (code: string) => string, ending = '.ts'): string {
    return relative(root, this.#write(change, '', ending))
  }

  /** Runs it in a process of its own, which is killed after the test. */
  spawn(t: Test): ChildProcess {
    const file = this.file(code => code)
    const child = spawn(process.execPath, [...process.execArgv, file], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    t.teardown(() => child.kill('SIGKILL'))
    return child
  }

  #write(change: (code: string) => string, rest: string, ending = '.ts'): string {
    const file = join(this.#folder, `${written++}${ending}`)
    const local = this.code
      .replace(
        /(?<= from ')fastify-sse-from[^']*(?=')/g,
        name => `../../../../${entries.get(name)?.replace('.ts', '.js')}`
      )
      .replace('listen({ port: 3000 })', "listen({ port: 0, host: '127.0.0.1' })")
    writeFileSync(file, change(local) + rest)
    return file
  }
}
