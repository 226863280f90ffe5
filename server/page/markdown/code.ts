import type { SyntaxNode } from '@lezer/common'
import { type ShownElement, shown } from './nodes.js'
import { chunksOf } from './texts.js'

/** The class of the button that copies the code beside it. */
export const COPY_CODE = 'copy-code'

/** What is shown of code in a block. */
export function codeOf(node: SyntaxNode, text: string): ShownElement {
  const info = node.getChild('CodeInfo')
  const [language = ''] = info === null ? [] : text.slice(info.from, info.to).split(/\s/)
  const code = node.getChildren('CodeText').map(({ from, to }) => text.slice(from, to))
  return shown(
    'div',
    [
      shown('div', [shown('span', [language]), shown('button', ['Copy code'], { type: 'button', class: COPY_CODE })], {
        class: 'code-bar'
      }),
      shown(
        'pre',
        [
          shown(
            'code',
            chunksOf(code.join('')).map(chunk => shown('span', [chunk]))
          )
        ],
        { tabindex: '0', role: 'group', 'aria-label': 'Code' }
      )
    ],
    { class: 'code', dir: 'ltr' }
  )
}
