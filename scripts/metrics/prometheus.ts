/** What a server shows of one series. */
export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a server shows at one moment. @property at seconds */
export interface Scrape {
  readonly at: number
  readonly series: readonly Series[]
}

/** The values of a query at one moment, by the labels that it groups by. */
export type Values = ReadonlyMap<string, { readonly labels: Series['labels']; readonly value: number }>

const LABEL = /(\w+)=("(?:[^"\\]|\\.)*")/g

/** Reads the text format of Prometheus. */
export function parseMetrics(text: string): Series[] {
  return [...text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? (\S+)/gim)].map(([, name = '', labels = '', value]) => ({
    name,
    // JSON escapes quotes, backslashes and line breaks in the same way.
    labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, text = '']) => [key, JSON.parse(text)])),
    value: Number(value)
  }))
}

const RATE = String.raw`rate\((?<counter>\w+)\[\$__rate_interval\]\)`
const SUM = String.raw`sum(?: by \((?<by>[\w, ]+)\) )?\((?:${RATE}|(?<gauge>\w+))\)`
const QUERY = new RegExp(
  `^(?:histogram_quantile\\((?<quantile>[\\d.]+), ${SUM}\\)|${SUM.replaceAll('?<', '?<plain_')})$`
)

/**
 * Makes a function of a query. It knows the queries of the dashboard: sums of gauges and of rates, by labels, and
 * quantiles of histograms.
 *
 * @param interval the interval of a rate, in seconds
 * @throws Error for any other query
 */
export function compileQuery(query: string, interval: number): (scrapes: readonly Scrape[], index: number) => Values {
  const found = QUERY.exec(query)?.groups
  if (found === undefined) throw new Error(`the query is not known: ${query}`)
  const part = (name: string) => found[name] ?? found[`plain_${name}`]
  const counter = part('counter')
  const by = part('by')?.split(', ') ?? []
  return (scrapes, index) => {
    const sums = counter === undefined ? sumOf(scrapes[index], part('gauge'), by) : rateOf(scrapes, index)
    return found.quantile === undefined ? sums : quantileOf(Number(found.quantile), sums)
  }

  function rateOf(scrapes: readonly Scrape[], index: number): Values {
    const last = scrapes[index]
    const first = scrapes.find(({ at }) => last !== undefined && at >= last.at - interval)
    const time = (last?.at ?? 0) - (first?.at ?? 0)
    const before = sumOf(first, counter, by)
    const rates = [...sumOf(last, counter, by)].map(([key, { labels, value }]) => {
      // A series that was not there had counted nothing.
      return [key, { labels, value: (value - (before.get(key)?.value ?? 0)) / time }] as const
    })
    return new Map(time > 0 ? rates : [])
  }
}

function sumOf(scrape: Scrape | undefined, name: string | undefined, by: readonly string[]): Values {
  const sums = new Map<string, { labels: Series['labels']; value: number }>()
  for (const { labels, value } of scrape?.series.filter(series => series.name === name) ?? []) {
    const grouped = Object.fromEntries(by.map(label => [label, labels[label] ?? '']))
    const key = JSON.stringify(grouped)
    sums.set(key, { labels: grouped, value: value + (sums.get(key)?.value ?? 0) })
  }
  return sums
}

/** As Prometheus does: within a bucket, values count as spread evenly. What has no values has no quantile. */
function quantileOf(quantile: number, buckets: Values): Values {
  const histograms = new Map<string, { labels: Series['labels']; bounds: { upTo: number; count: number }[] }>()
  for (const { labels, value: count } of buckets.values()) {
    const { le, ...rest } = labels
    const key = JSON.stringify(rest)
    const histogram = histograms.get(key) ?? { labels: rest, bounds: [] }
    histogram.bounds.push({ upTo: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count })
    histograms.set(key, histogram)
  }
  const values = [...histograms].flatMap(([key, { labels, bounds }]) => {
    bounds.sort((a, b) => a.upTo - b.upTo)
    const total = bounds.at(-1)?.count ?? 0
    const index = bounds.findIndex(({ count }) => count >= quantile * total)
    const [below, bucket] = [bounds[index - 1], bounds[index]]
    if (total === 0 || bucket === undefined) return []
    const [from, counted] = [below?.upTo ?? 0, below?.count ?? 0]
    const within = (quantile * total - counted) / (bucket.count - counted)
    return [
      [key, { labels, value: Number.isFinite(bucket.upTo) ? from + (bucket.upTo - from) * within : from }] as const
    ]
  })
  return new Map(values)
}
