/** Adds parameters to the query of a URL. Its fragment is left out: no client sends it (RFC 9110, section 7.1). */
export function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  const sent = withoutFragment(url)
  const added = String(new URLSearchParams(parameters))
  if (added === '') return sent
  if (!sent.includes('?')) return `${sent}?${added}`
  return /^[^?]*\?$|&$/.test(sent) ? sent + added : `${sent}&${added}`
}

/** The URL of a stream that was begun at another one. The query is kept. */
export function urlOfStream(url: string, id: string): string {
  const sent = withoutFragment(url)
  const path = sent.replace(/\?.*/, '')
  return `${path.replace(/\/$/, '')}/${encodeURIComponent(id)}${sent.slice(path.length)}`
}

function withoutFragment(url: string): string {
  return url.replace(/#.*/, '')
}
