/** Text of models that breaks parsers: line ends of all kinds, and characters of several bytes. */
const ODD = ['', '\n', '\r\n', '\r', 'ü', '漢字', '👩‍🚀', ' ', ': ', '\n\n', 'data: x\n\nevent: done', '\u2028']

/** Makes an answer. No two tokens are equal, so lost, duplicated and swapped tokens are noticed. */
export function tokensOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${ODD[i % ODD.length]}${i} `)
}

/** The texts of tokens as clients receive them: server-sent events turn all line ends into LF. */
export function asReceived(tokens: readonly string[]): string[] {
  return tokens.map(token => token.replace(/\r\n?/g, '\n'))
}
