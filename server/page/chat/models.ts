/** Asks the server which models it has. @returns `undefined` if it does not say, for want of a key or a network */
export async function fetchModels(headers: Record<string, string>): Promise<string[] | undefined> {
  try {
    const response = await fetch('v1/models', { headers })
    if (!response.ok) return undefined
    const { data } = await response.json()
    return data.map(({ id }: { id: string }) => id)
  } catch {
    // The page works without a list of models.
    return undefined
  }
}
