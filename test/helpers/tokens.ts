/** What stands between the words of models and breaks parsers: line ends of every kind, and characters of many bytes. */
const ODD = ['', '\n', '\r\n', '\r', 'ü', '漢字', '👩‍🚀', ' ', ': ', '\n\n', 'data: x\n\nevent: done', '\u2028']

/** An answer of so many tokens. Each is another text, so that a lost, doubled or swapped one is seen. */
export function tokensOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${ODD[i % ODD.length]}${i} `)
}

/** The texts of tokens as clients get them: server-sent events know one line end. */
export function received(tokens: readonly string[]): string[] {
  return tokens.map(token => token.replace(/\r\n?/g, '\n'))
}
