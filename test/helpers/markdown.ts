import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import GithubSlugger from 'github-slugger'
import { lexer, type Token, type Tokens, walkTokens } from 'marked'

/** The folder of this repository. */
export const root = resolve(import.meta.dirname, '../..')

/** A block of code in a page. */
export interface Snippet {
  /** The file that it is in, such as `docs/options.md`. */
  readonly page: string
  /** The heading above it, with a number if it is not the first below that: `The source`, `The source (2)`. */
  readonly name: string
  readonly language: string
  /** Its text, as a file would have it. */
  readonly code: string
}

/** A page of the documentation. */
export interface Page {
  /** Such as `docs/options.md`. */
  readonly file: string
  readonly text: string
  /** What links may name behind `#`. */
  readonly anchors: ReadonlySet<string>
  /** Where its links and pictures point to. */
  readonly links: readonly string[]
  /** What stands as code within its text. */
  readonly codes: readonly string[]
  readonly snippets: readonly Snippet[]
}

/** The files below a folder of this repository, as paths from its root. */
export function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith(ending) && !file.includes('node_modules'))
    .map(file => join(folder, file))
    .sort()
}

/** All pages of the documentation. */
export const pages: readonly Page[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...filesIn('docs', '.md'),
  ...filesIn('examples', '.md')
].map(file => readPage(file))

export function pageOf(file: string): Page {
  const page = pages.find(page => page.file === file)
  if (page === undefined) throw new Error(`there is no page ${file}`)
  return page
}

/** Reads a page. @param folder that its path begins in */
export function readPage(file: string, folder = root): Page {
  const text = readFileSync(join(folder, file), 'utf8')
  const tokens = lexer(text)
  const slugger = new GithubSlugger()
  const anchors = new Set<string>()
  const links: string[] = []
  const codes: string[] = []
  const snippets: Snippet[] = []
  const counts = new Map<string, number>()
  let heading = ''
  walkTokens(tokens, token => {
    if (isHeading(token)) {
      heading = plainText(token)
      anchors.add(slugger.slug(heading))
    } else if (token.type === 'link' || token.type === 'image') {
      links.push((token as Tokens.Link).href)
    } else if (token.type === 'codespan') {
      codes.push(token.text)
    } else if (isCode(token)) {
      const count = (counts.get(heading) ?? 0) + 1
      counts.set(heading, count)
      const name = count === 1 ? heading : `${heading} (${count})`
      snippets.push({ page: file, name, language: token.lang ?? '', code: `${token.text}\n` })
    }
  })
  return { file, text, anchors, links, codes, snippets }
}

function isHeading(token: Token): token is Tokens.Heading {
  return token.type === 'heading'
}

function isCode(token: Token): token is Tokens.Code {
  return token.type === 'code'
}

/** The text of a heading as its reader sees it: without the marks of code and links. */
function plainText({ tokens }: Tokens.Heading): string {
  return tokens
    .map(token => ('tokens' in token ? plainText(token as Tokens.Heading) : token.raw.replaceAll('`', '')))
    .join('')
}
