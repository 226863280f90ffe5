/** A part of what is shown: text, or an element. There is no third kind, so nothing can become markup. */
export type Shown = string | ShownElement

/** An element to show. It is never changed, so two that are the same object look the same. */
export interface ShownElement {
  readonly tag: Tag
  readonly attributes: Readonly<Attributes>
  readonly children: readonly Shown[]
}

/** The elements that Markdown becomes. */
export type Tag =
  | `h${2 | 3 | 4 | 5 | 6}`
  | 'p'
  | 'ul'
  | 'ol'
  | 'li'
  | 'blockquote'
  | 'hr'
  | 'div'
  | 'span'
  | 'pre'
  | 'code'
  | 'button'
  | 'table'
  | 'thead'
  | 'tbody'
  | 'tr'
  | 'th'
  | 'td'
  | 'em'
  | 'strong'
  | 'del'
  | 'a'
  | 'br'

/** The attributes that Markdown sets. */
export type Attributes = Partial<
  Record<
    'class' | 'href' | 'rel' | 'target' | 'title' | 'start' | 'dir' | 'type' | 'role' | 'aria-label' | 'tabindex',
    string
  >
>

export function shown(tag: Tag, children: readonly Shown[], attributes: Attributes = {}): ShownElement {
  return { tag, attributes, children }
}
