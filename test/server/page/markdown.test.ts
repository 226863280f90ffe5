import t from 'tap'
import { MarkdownDocument } from '../../../server/page/markdown/document.js'
import { targetOf, targetOfAddress } from '../../../server/page/markdown/links.js'
import type { Shown } from '../../../server/page/markdown/nodes.js'
import { plainText } from '../../../server/page/markdown/plain-text.js'
import { Random, seed } from '../../helpers/random.js'

/** What is shown of a text, as HTML without attributes that say nothing about its meaning. */
function htmlOf(text: string): string {
  return new MarkdownDocument().show(text).map(toHtml).join('')
}

const QUIET = new Set(['dir', 'rel', 'target', 'title', 'tabindex', 'type'])

function toHtml(shown: Shown): string {
  if (typeof shown === 'string') return shown.replace(/</g, '&lt;')
  const attributes = Object.entries(shown.attributes).filter(([name]) => !QUIET.has(name))
  const written = attributes.map(([name, value]) => ` ${name}="${value}"`).join('')
  return `<${shown.tag}${written}>${shown.children.map(toHtml).join('')}</${shown.tag}>`
}

const code = (language: string, ...chunks: string[]) =>
  `<div class="code"><div class="code-bar"><span>${language}</span>` +
  '<button class="copy-code">Copy code</button></div><pre role="group" aria-label="Code"><code>' +
  `${chunks.map(chunk => `<span>${chunk}</span>`).join('')}</code></pre></div>`

const table = (header: string, body: string) =>
  `<div class="table" role="group" aria-label="Table"><table><thead><tr>${header}</tr></thead>` +
  `<tbody>${body}</tbody></table></div>`

const heading = (rank: number, level: number, text: string) => `<h${rank} class="is-level-${level}">${text}</h${rank}>`

const link = (address: string, label = address) => `<a href="${address}">${label}</a>`

t.test('Markdown is shown as what it means', async t => {
  const task = (label: string, mark: string) => `<span class="task" role="img" aria-label="${label}">${mark}</span>`
  for (const [text, html] of [
    [
      '# One\n## *Two* ##\n### Three',
      `${heading(3, 1, 'One')}\n${heading(4, 2, '<em>Two</em>')}\n${heading(5, 3, 'Three')}`
    ],
    [
      '### One\n## Two\n###### Three\n- # Four',
      `${heading(3, 3, 'One')}\n${heading(3, 2, 'Two')}\n${heading(4, 6, 'Three')}\n` +
        '<ul><li><p class="is-level-1">Four</p></li></ul>'
    ],
    ['## One\n## Two', `${heading(3, 2, 'One')}\n${heading(3, 2, 'Two')}`],
    ['One\n===', heading(3, 1, 'One')],
    ['a *b* __c__ ~~d~~ `e * f` \\*g', '<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e * f</code> *g</p>'],
    ['`` ` `` `\n a`', '<p><code>`</code> <code> a</code></p>'],
    ['a  \nb\\\nc\n   d', '<p>a\nb\nc\nd</p>'],
    ['a\n\n***\n', '<p>a</p>\n\n<hr></hr>\n'],
    ['> a\n> b\n>\n> - c', '<blockquote><p>a\nb</p><ul><li><p>c</p></li></ul></blockquote>'],
    ['3. a\n4. b', '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>'],
    ['1. a\n   ```\n   b\n\n   c\n   ```', `<ol><li><p>a</p>${code('', 'b\n\nc')}</li></ol>`],
    ['- [ ] a\n- [x] b', `<ul><li><p>${task('to do', '☐')} a</p></li><li><p>${task('done', '☑')} b</p></li></ul>`],
    ['```js title\nlet a\n```', code('js', 'let a')],
    ['    a\n    b', `    ${code('', 'a\nb')}`],
    [
      '| a | b |\n|:-:|--:|\n| `c` | |\n| | d | e |\n|f',
      table(
        '<th class="is-centered">a</th><th class="is-at-end">b</th>',
        '<tr><td class="is-centered"><code>c</code></td><td class="is-at-end"></td></tr>' +
          '<tr><td class="is-centered"></td><td class="is-at-end">d</td></tr>' +
          '<tr><td class="is-centered">f</td><td class="is-at-end"></td></tr>'
      )
    ],
    ['a|b\n-|-\nc<br>d|e', table('<th>a</th><th>b</th>', '<tr><td>c<br></br>d</td><td>e</td></tr>')],
    ['[a *b*](https://c.d/e "f")', `<p>${link('https://c.d/e', 'a <em>b</em>')}</p>`],
    ['[](https://c.d/)', `<p>${link('https://c.d/')}</p>`],
    [
      '<https://c.d/> https://c.d/ www.c.d a@c.d',
      `<p>${link('https://c.d/')} ${link('https://c.d/')} ` +
        `${link('https://www.c.d/', 'www.c.d')} ${link('mailto:a@c.d', 'a@c.d')}</p>`
    ],
    ['![a](https://c.d/e.png)', `<p>${link('https://c.d/e.png', 'a')}</p>`],
    ['[a] [b][c]\n\n[a]: https://c.d/', `<p>[a] [b][c]</p>\n\n<p>[a]: ${link('https://c.d/')}</p>`],
    ['> *a\n> b*', '<blockquote><p><em>a\nb</em></p></blockquote>']
  ] as const) {
    t.equal(htmlOf(text), html, JSON.stringify(text))
  }
})

t.test('a formula is text that Markdown does not touch', async t => {
  const maths = (text: string) => `<span class="maths">${text}</span>`
  for (const [text, html] of [
    ['a $x_1 * y_2 * z$ b', `<p>a ${maths('$x_1 * y_2 * z$')} b</p>`],
    ['\\(a_b_c\\) \\[d*e*f\\] $$g$$', `<p>${maths('\\(a_b_c\\)')} ${maths('\\[d*e*f\\]')} ${maths('$$g$$')}</p>`],
    ['$x$', `<p>${maths('$x$')}</p>`],
    ['from $5 to $6, or 5 $ to 6 $', '<p>from $5 to $6, or 5 $ to 6 $</p>'],
    ['$$\n- a\n# b\n$$\nc', '<p class="maths">$$\n- a\n# b\n$$</p>\n<p>c</p>'],
    ['a\n\\[\nb\n\nc', '<p>a</p>\n<p class="maths">\\[\nb</p>\n\n<p>c</p>'],
    [
      '- a\n  $$\n  b\n  $$',
      `<ul><li><p>a\n${maths('$$\nb\n$$').replaceAll('\nb', '\n  b').replaceAll('\n$', '\n  $')}</p></li></ul>`
    ]
  ] as const) {
    t.equal(htmlOf(text), html, JSON.stringify(text))
  }
})

t.test('emphasis works beside Chinese, Japanese and Korean, which have no spaces', async t => {
  for (const [text, html] of [
    ['**重要：**这是', '<p><strong>重要：</strong>这是</p>'],
    ['これは**「大事」**です', '<p>これは<strong>「大事」</strong>です</p>'],
    ['**(중요)**는 *𠮷。*a', '<p><strong>(중요)</strong>는 <em>𠮷。</em>a</p>'],
    ['a** 重 **b', '<p>a** 重 **b</p>']
  ] as const) {
    t.equal(htmlOf(text), html, text)
  }
})

t.test('a link leads to the web or to a mailbox, and nowhere else', async t => {
  for (const source of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    '\u0001javascript:a()',
    'javascript&colon;alert(1)',
    '&#106;avascript:alert(1)',
    '<javascript:alert(1)>',
    'data:text/html,<script>',
    'vbscript:a',
    'blob:https://a.b/c',
    'file:///etc/passwd',
    '/stream?prompt=a',
    '//a.b',
    '?a',
    '#a',
    '',
    'https://user@a.b/',
    'https://a.b@c.d/',
    'http://',
    'about:blank',
    'javascript\\:a'
  ]) {
    t.equal(targetOf(source), undefined, JSON.stringify(source))
    t.notMatch(
      htmlOf(`[a](${source}) ![a](${source}) <${source}>`),
      /href="(?!https?:|mailto:)/,
      JSON.stringify(source)
    )
  }
  t.equal(targetOf('https://a.b/c\\_d'), 'https://a.b/c_d')
  t.equal(targetOf('<https://a.b/c d>'), 'https://a.b/c%20d')
  t.equal(targetOfAddress('javascript:a@b'), undefined)
})

t.test('HTML is text', async t => {
  for (const html of [
    '<img src=x onerror=alert(1)>',
    '<!-- a -->',
    '<b>x</b>',
    '&lt;b&gt;',
    '<script>a</script>\n<i>'
  ]) {
    t.equal(htmlOf(html), `<p>${html.replace(/</g, '&lt;')}</p>`)
  }
})

/** Pieces of Markdown, from which texts are drawn. */
const PIECES = [
  ...[
    'a',
    ' ',
    '\n',
    '\n\n',
    '*',
    '**',
    '_',
    '~~',
    '`',
    '``',
    '```',
    '```js\n',
    '~~~',
    '- ',
    '1. ',
    '2) ',
    '  ',
    '    '
  ],
  ...[
    '# ',
    '## ',
    '> ',
    '>',
    '|',
    '|-|-|\n',
    '| a | b |\n',
    '---',
    '===',
    '[',
    '](',
    ')',
    '![',
    '<',
    '>',
    'https://a.b/c'
  ],
  ...[
    '<br>',
    '$',
    '$$',
    '\\(',
    '\\)',
    '\\[\n',
    '\n\\]\n',
    '\\',
    '- [ ] ',
    'word ',
    '日本',
    '。',
    '😀',
    '\u0000',
    '\r\n',
    '\t'
  ]
]

t.test(`a text that comes in pieces is shown as the whole text is, however it was cut: SEED=${seed}`, async t => {
  const random = new Random(seed)
  for (let i = 0; i < 400; i++) {
    const text = Array.from({ length: 1 + random.below(60) }, () => PIECES[random.below(PIECES.length)]).join('')
    const growing = new MarkdownDocument()
    for (let end = 0; end < text.length; end += 1 + random.below(8)) growing.showGrowing(text.slice(0, end))
    const shown = growing.show(text)
    const whole = new MarkdownDocument().show(text)
    if (JSON.stringify(shown) !== JSON.stringify(whole)) {
      t.strictSame(shown, whole, JSON.stringify(text))
      return
    }
  }
  t.pass('400 texts')
})

t.test('what has begun is shown as what it will be, and what may be anything is held back', async t => {
  const growing = (text: string) => new MarkdownDocument().showGrowing(text).map(toHtml).join('')
  for (const [text, html] of [
    ['a **b', '<p>a <strong>b</strong></p>'],
    ['a **b*', '<p>a <strong>b</strong></p>'],
    ['a **b**', '<p>a <strong>b</strong></p>'],
    ['a *b', '<p>a <em>b</em></p>'],
    ['**a *b', '<p><strong>a <em>b</em></strong></p>'],
    ['**a *b*', '<p><strong>a <em>b</em></strong></p>'],
    ['a **', '<p>a </p>'],
    ['a `b', '<p>a <code>b</code></p>'],
    ['a `', '<p>a </p>'],
    ['`**` b', '<p><code>**</code> b</p>'],
    ['2**3 * 4', '<p>2**3 * 4</p>'],
    ['- **a', '<ul><li><p><strong>a</strong></p></li></ul>'],
    ['```\n**a', code('', '**a')],
    ['```\na\n``', code('', 'a\n')],
    ['```\na\n```', code('', 'a\n')],
    ['[a](https://b', '<p>[a]</p>'],
    ['[a](https://b.c/)', `<p>${link('https://b.c/', 'a')}</p>`],
    ['a\n-', '<p>a</p>\n'],
    ['a\n\n#', '<p>a</p>\n\n'],
    ['a\n\n1.', '<p>a</p>\n\n'],
    ['a\n\n| b', '<p>a</p>\n\n'],
    ['a\n\n| b |\n', '<p>a</p>\n\n'],
    ['a\n\n| b |\n|--', '<p>a</p>\n\n'],
    ['| b |\n|--|\n', `${table('<th>b</th>', '')}\n`],
    ['| b |\n|--|\n| c', table('<th>b</th>', '<tr><td>c</td></tr>')],
    ['a\n', '<p>a</p>\n'],
    [`a\n|${'-'.repeat(400)}`, `<p>a\n|${'-'.repeat(400)}</p>`]
  ] as const) {
    t.equal(growing(text), html, JSON.stringify(text))
  }
})

t.test('a text is read out without its marks', async t => {
  t.equal(plainText('# One\n\n- **a**\n- b\n\n```js\nc\n```\n\n| d | e |\n|-|-|'), 'One\n\na b \n\njsc\n\nd e')
})

t.test('long texts are split where nothing is seen of it', async t => {
  const shown = new MarkdownDocument().show(
    `${'word '.repeat(150)}**bold**\n${'more '.repeat(300)}\n${'x'.repeat(1200)}\nend`
  )
  t.equal(shown.filter(part => typeof part !== 'string').length, 3)
  t.match(shown[2], { tag: 'p', attributes: { class: 'more' } })
  const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`).join('\n')
  const [, block] = new MarkdownDocument().show(`\`\`\`\n${lines}\n\`\`\``)
  const text = toHtml(block ?? '')
  t.equal(text.match(/<span>/g)?.length, 4)
  t.equal(text.replace(/^.*<code>|<\/?(span|code|pre|div)>/gs, ''), lines)
})

t.test('no text is nested too deep to be shown, however it repeats itself', async t => {
  for (const unit of [
    '- *',
    '*x *x ',
    '[x](',
    '>',
    '1. ',
    '![[',
    '`a``',
    '**a',
    '<a ',
    '$a',
    '|',
    '[a]: b\n',
    '  - a\n',
    '***a',
    '\\[a\n'
  ]) {
    const shown = new MarkdownDocument().showGrowing(unit.repeat(3000))
    t.ok(toDepth(shown) < 60, `${JSON.stringify(unit)} is ${toDepth(shown)} deep`)
  }
  const nested = new MarkdownDocument().show(`${'**a '.repeat(30)}${'b** '.repeat(30)}`)
  t.equal(toDepth(nested), 17)
})

/** How deep elements are nested. */
function toDepth(parts: readonly Shown[]): number {
  return Math.max(0, ...parts.map(part => (typeof part === 'string' ? 0 : 1 + toDepth(part.children))))
}
