import t from 'tap'
import { startApp } from '../../helpers/app-process.js'
import { openChat } from '../../helpers/chat.js'
import { startChromium } from '../../helpers/chromium.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { Random, seed } from '../../helpers/random.js'
import { until } from '../../helpers/until.js'

t.setTimeout(240_000)

const browser = await startChromium(t)
const provider = await openAiServer(t, () => {})
const { url } = await startApp(t, { OPENAI_BASE_URL: provider.url })

const EXAMPLE = `# Heading

Some **bold**, *italic* and \`code\`, [a link](https://example.com/a?b) and $x_1 * y_1$.

- one
- two
  1. nested

| left | right |
| --- | ---: |
| a | 1 |
| b | 2 |

\`\`\`ts
const one = 1

console.log(one)
\`\`\`

> A quote.

## The end

That was all.
`

t.test('Markdown is shown while it arrives, and looks the same after a reload', async t => {
  const chat = await openChat(t, browser, url)
  const { page } = chat
  const html = () => chat.evaluate<string>("document.querySelector('.text').innerHTML")
  await chat.ask('show')
  const call = await provider.next()
  call.token('# Hea')
  await page.getByRole('heading', { name: 'Hea', level: 3 }).waitFor()
  call.token('ding\n\nSome **bo')
  await page.locator('.text strong', { hasText: 'bo' }).waitFor()
  t.equal(await chat.text(), 'Heading\n\nSome bo', 'its marks are never seen')
  call.token('ld**')
  call.token(EXAMPLE.slice('# Heading\n\nSome **bold**'.length, -30))
  await page.getByRole('cell', { name: '2', exact: true }).waitFor()
  await page.locator('.text blockquote').waitFor()
  call.token(EXAMPLE.slice(-30))
  call.finish()
  await chat.isDone()
  t.equal(await page.locator('.text li li').textContent(), 'nested')
  t.equal(await page.locator('.code-bar span').textContent(), 'ts')
  const link = "(e => [e.href, e.target, e.rel])(document.querySelector('.text a'))"
  t.match(await chat.evaluate(link), ['https://example.com/a?b', '_blank', /noopener noreferrer/])
  t.equal(await chat.evaluate("getComputedStyle(document.querySelectorAll('.text td')[1]).textAlign"), 'end')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await chat.press('Copy code')
  await page.getByText('Copied.', { exact: true }).first().waitFor()
  t.equal(await chat.evaluate('navigator.clipboard.readText()'), 'const one = 1\n\nconsole.log(one)')
  await chat.press('Copy')
  await until('the copy', async () => (await chat.evaluate('navigator.clipboard.readText()')) === EXAMPLE)
  const before = await html()
  await page.reload()
  await chat.isDone()
  t.equal(await html(), before)
  t.match(await page.locator('.instruments').getAttribute('open'), null)
})

t.test('an answer that is resumed in the middle of code goes on in it', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('code')
  const call = await provider.next()
  call.token('Look:\n\n```js\none()\n``')
  await until('the code', async () => (await chat.text()).includes('one()'))
  t.notMatch(await chat.page.locator('.text code').textContent(), /`/, 'what may be its end is held back')
  await chat.page.reload()
  call.token('`\n\nThat was *it*.')
  call.finish()
  await chat.isDone()
  t.equal(await chat.page.locator('.text code').textContent(), 'one()')
  t.equal(await chat.page.locator('.text em').textContent(), 'it')
})

/** Pieces of which hostile answers are drawn. */
const HOSTILE = [
  ...['<img src=x onerror=own()>', '<svg onload=own()>', '<script>own()</script>', '<iframe srcdoc="<script>own()">'],
  ...['<a href="javascript:own()">a</a>', '<style>*{display:none}</style>', '<!--', '-->', '<![CDATA[', ']]>', '<?php'],
  ...['[a](javascript:own())', '[a](<javascript:own()>)', '[a](JaVaScRiPt:own())', '[a](java\nscript:own())'],
  ...['![a](javascript:own())', '![a](https://evil.example/pixel.png)', '[a](data:text/html,<script>own()</script>)'],
  ...[
    '<javascript:own()>',
    '<https://evil.example/?a"onmouseover="own()>',
    '[a](https://evil.example/"onclick="own())'
  ],
  ...[
    '[a](https://evil.example "title\\" onclick=\\"own()")',
    '[a]: javascript:own()',
    '[a][a]',
    '```"onload="own()\n'
  ],
  ...[
    '```<img/src/onerror=own()>\nx\n```\n',
    '| <img src=x onerror=own()> |\n|---|\n| <script>own()</script> |\n',
    '&lt;script&gt;'
  ],
  ...[
    '<math><mtext><table><mglyph><style><img src=x onerror=own()>',
    '<form action=/x><input name=attributes>',
    '\u0000',
    '\u202e'
  ],
  ...[
    '<base href=https://evil.example>',
    '<meta http-equiv=refresh content=0>',
    '$<img src=x onerror=own()>$',
    '**',
    '`',
    '> ',
    '- ',
    '\n\n',
    '\n'
  ]
]

const ALLOWED =
  'h3 h4 h5 h6 p ul ol li blockquote hr div span pre code button table thead tbody tr th td em strong del a br'

t.test(`hostile HTML stays inert: SEED=${seed}`, async t => {
  const chat = await openChat(t, browser, url)
  const requested: string[] = []
  chat.page.on('request', request => requested.push(request.url()))
  await chat.evaluate('window.owned = 0; window.own = () => owned++')
  const random = new Random(seed)
  for (let i = 0; i < 6; i++) {
    await chat.ask('attack')
    const call = await provider.next()
    for (let piece = 0; piece < 150; piece++) call.token(random.pick(HOSTILE) + (random.chance(0.3) ? '\n\n' : ''))
    call.finish()
    await chat.isDone()
  }
  const found = await chat.evaluate<{
    tags: string[]
    attributes: string[]
    targets: string[]
    owned: number
  }>(`(() => {
    const all = [...document.querySelectorAll('.text *')]
    return {
      tags: [...new Set(all.map(e => e.localName))],
      attributes: [...new Set(all.flatMap(e => e.getAttributeNames()))],
      targets: [...new Set(all.flatMap(e => e.localName === 'a' ? [e.protocol] : []))],
      owned
    }
  })()`)
  t.strictSame(
    found.tags.filter(tag => !ALLOWED.split(' ').includes(tag)),
    []
  )
  t.strictSame(
    found.attributes.filter(
      name => !/^(class|dir|href|rel|target|title|start|type|role|tabindex|aria-label)$/.test(name)
    ),
    []
  )
  t.strictSame(
    found.targets.filter(protocol => protocol !== 'https:'),
    []
  )
  t.ok(found.tags.length > 10, 'much of it was Markdown')
  t.equal(found.owned, 0)
  t.strictSame(
    requested.filter(address => !address.startsWith(url)),
    []
  )
})

t.test('of an answer of 10,000 tokens, only the end is touched as it grows', async t => {
  const chat = await openChat(t, browser, url)
  await chat.evaluate(`{
    window.work = { added: 0, removed: 0 }
    new MutationObserver(records => {
      for (const { addedNodes, removedNodes } of records) {
        work.added += addedNodes.length
        work.removed += removedNodes.length
      }
    }).observe(document.querySelector('#transcript'), { childList: true, subtree: true })
    window.tasks = []
    new PerformanceObserver(list => tasks.push(...list.getEntries().map(entry => entry.duration)))
      .observe({ type: 'longtask' })
  }`)
  await chat.ask('at length')
  const call = await provider.next()
  const tokens = EXAMPLE.split(/(?<=\s)/)
  let text = ''
  for (let i = 0; i < 10_000; i++) {
    const token = tokens[i % tokens.length] ?? ''
    text += token
    call.token(token)
    // A few thousand a second, with a frame in between.
    if (i % 50 === 0) await new Promise(resolve => setTimeout(resolve, 10))
  }
  call.finish()
  await chat.isDone()
  const { added, removed, nodes } = await chat.evaluate<Record<'added' | 'removed' | 'nodes', number>>(`(() => {
    const walker = document.createTreeWalker(document.querySelector('.text'))
    let nodes = 0
    while (walker.nextNode()) nodes++
    return { ...work, nodes }
  })()`)
  t.ok(nodes > 5000, `${nodes} nodes`)
  t.ok(added < nodes, `${added} were added, each at most once and most with the one they are in`)
  t.ok(removed < nodes / 20, `${removed} were removed`)
  t.equal((await chat.page.locator('.text h3').count()) > 50, true)
  const tasks = await chat.evaluate<number[]>('tasks')
  t.comment(`${tasks.length} tasks of more than 50 ms, the longest ${Math.round(Math.max(0, ...tasks))} ms`)
  await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await chat.press('Copy')
  await until('the copy', async () => (await chat.evaluate('navigator.clipboard.readText()')) === text)
})

t.test('a paragraph of many lines looks as if it were in one element', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('a poem')
  const call = await provider.next()
  call.token(Array.from({ length: 100 }, (_, i) => `${'word '.repeat(i % 30)}end`).join('\n'))
  call.finish()
  await chat.isDone()
  t.ok((await chat.page.locator('.text p').count()) > 3)
  const [parts, whole] = await chat.evaluate<number[]>(`(() => {
    const text = document.querySelector('.text')
    const copy = text.cloneNode()
    copy.append(document.createElement('p'))
    copy.firstChild.textContent = text.textContent
    text.after(copy)
    const heights = [text.offsetHeight, copy.offsetHeight]
    copy.remove()
    return heights
  })()`)
  t.equal(parts, whole)
})

t.test('nothing moves when code, a table, a list or a heading begins or ends', async t => {
  const chat = await openChat(t, browser, url)
  await chat.evaluate(`{
    window.shifts = []
    new PerformanceObserver(list => {
      for (const { sources } of list.getEntries()) {
        for (const { node, currentRect: { width, height } } of sources) {
          if (width >= 12) shifts.push([node?.nodeName, node?.textContent, width, height])
        }
      }
    }).observe({ type: 'layout-shift' })
  }`)
  const frame = () => chat.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
  await chat.ask('grow')
  const call = await provider.next()
  await until('the question', async () => (await chat.page.locator('article').count()) === 1)
  for (const token of EXAMPLE.match(/[\s\S]{1,4}/g) ?? []) {
    call.token(token)
    await frame()
  }
  call.finish()
  await chat.isDone()
  await frame()
  t.strictSame(await chat.evaluate('shifts'), [])
})

t.test('each paragraph has the direction of its script, and code has its own', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('in many languages')
  const call = await provider.next()
  call.token(
    '# مرحبا\n\nمرحبا **مهم**\n\nHello\n\n- שלום\n\n```\nlet a\n```\n\n| א | ב |\n|---|---|\n| ג | ד |\n\n**重要：**これは\n'
  )
  call.finish()
  await chat.isDone()
  const direction = (selector: string) =>
    chat.evaluate<string>(`getComputedStyle(document.querySelector('.text ${selector}')).direction`)
  t.equal(await direction('h3'), 'rtl')
  t.equal(await direction('> p'), 'rtl')
  t.equal(await direction('> p:nth-of-type(2)'), 'ltr')
  t.equal(await direction('ul'), 'rtl')
  t.equal(await direction('pre'), 'ltr')
  t.equal(await direction('table'), 'rtl')
  t.equal(await chat.page.locator('.text strong').last().textContent(), '重要：')
})
