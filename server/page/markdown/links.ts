/** Where a link may lead. Everything else, such as a script, is no link. */
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:'])

/**
 * Reads where a link leads.
 *
 * @param source as Markdown has it
 * @returns `undefined` if it leads nowhere, or where a model must not lead its reader
 */
export function targetOf(source: string): string | undefined {
  const address = source.replace(/^<(.*)>$/, '$1').replace(/\\([!-/:-@[-`{-~])/g, '$1')
  return URL.canParse(address) && isSafe(new URL(address)) ? new URL(address).href : undefined
}

/** Reads where an address in a text leads, which may lack its protocol. */
export function targetOfAddress(address: string): string | undefined {
  if (/^www\./i.test(address)) return targetOf(`https://${address}`)
  return targetOf(/^[^/:?#]+@[^/:?#]+$/.test(address) ? `mailto:${address}` : address)
}

/** The name before an `@` looks like that of a host. */
function isSafe({ protocol, username, password }: URL): boolean {
  return PROTOCOLS.has(protocol) && username === '' && password === ''
}
