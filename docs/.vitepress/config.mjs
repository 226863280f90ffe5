/** The site of the documentation: `npm run docs`. Its pages are the Markdown files as they are. */
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'

/** The rows of the README's table of pages. They have the order in which readers need them. */
const rows = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').matchAll(
  /^\| \[([^\]]+)\]\(([^)]+\.md)\)/gm
)

/** Links to files of the repository that are no pages, such as programs and tests, stay as text. */
function dropForeignLinks(md) {
  md.core.ruler.push('foreign-links', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href && !/^([a-z]+:|#)|\.md(#|$)/.test(href)) token.attrs = []
    }
  })
}

export default defineConfig({
  title: 'fastify-sse-from',
  description: 'Streams LLM answers as Server-Sent Events from Fastify',
  srcDir: '..',
  srcExclude: ['**/node_modules/**', 'dist/**', '.tap/**', 'test/**', 'bench/**', 'LICENSE'],
  rewrites: { 'README.md': 'index.md', 'examples/README.md': 'examples/index.md' },
  markdown: { config: dropForeignLinks },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [{ text: 'Start', link: '/' }, ...Array.from(rows, ([, text, link]) => ({ text, link: `/${link}` }))],
    outline: [2, 3]
  }
})
