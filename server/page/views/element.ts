/** Finds a required element. @throws Error with the selector if the page has no such element */
export function find<E extends Element>(selector: string, within: ParentNode = document): E {
  const element = within.querySelector<E>(selector)
  if (element === null) throw new Error(`the page has no ${selector}`)
  return element
}

/** Sets the text of an element; `undefined` hides it. What is right already is not touched. */
export function write(element: HTMLElement, text: string | undefined): void {
  element.hidden = text === undefined
  if (text !== undefined && element.textContent !== text) element.textContent = text
}

/** Makes a copy of what is in a template of the page. */
export function copyOf(template: HTMLTemplateElement): HTMLElement {
  return document.importNode(template.content, true).firstElementChild as HTMLElement
}
