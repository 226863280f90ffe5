/** The most of a provider's words that the log gets, and that is read of them. Characters. */
const MAX_KEPT = 2000
const MAX_READ = 16_384

/** What a provider says beside its answer, as the cause of an error: for the log, and without the key. */
export function quote(words: string, apiKey: string): Error {
  return new Error((apiKey === '' ? words : words.replaceAll(apiKey, '[key]')).slice(0, MAX_KEPT))
}

/** The same of a response that is no answer. What cannot be read of it is missing. */
export async function quoteBody({ status, headers, body }: Response, apiKey: string): Promise<Error> {
  const decoder = new TextDecoder()
  let words = `status ${status}, content-type ${headers.get('content-type')}: `
  try {
    for await (const bytes of body ?? []) {
      words += decoder.decode(bytes, { stream: true })
      if (words.length >= MAX_READ) break
    }
  } catch {}
  return quote(words, apiKey)
}
