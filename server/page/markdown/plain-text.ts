import { COPY_CODE } from './code.js'
import { MarkdownDocument } from './document.js'
import type { Shown } from './nodes.js'

/** A text in Markdown as it is read out: without its marks. */
export function plainText(text: string): string {
  return new MarkdownDocument().show(text).map(textOf).join('').trim()
}

function textOf(shown: Shown): string {
  if (typeof shown === 'string') return shown
  if (shown.attributes.class === COPY_CODE) return ''
  const text = shown.children.map(textOf).join('')
  return ['td', 'th', 'li'].includes(shown.tag) ? `${text} ` : text
}
