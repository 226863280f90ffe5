import type { Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api'
import { type MetricKind, type MetricName, metrics } from './names.js'

interface Kinds {
  histogram: Histogram
  counter: Counter
  gauge: UpDownCounter
}

/** An instrument for each metric. */
export type Instruments = { readonly [Key in keyof typeof metrics]: Kinds[(typeof metrics)[Key]['kind']] }

/** Makes the instruments of all metrics. */
export function makeInstruments(meter: Meter): Instruments {
  const made = Object.entries<MetricName>(metrics).map(([key, metric]) => [key, make(meter, metric)])
  return Object.fromEntries(made) as Instruments
}

function make(meter: Meter, { kind, name, unit, description, boundaries }: MetricName): Kinds[MetricKind] {
  switch (kind) {
    case 'histogram':
      return meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: boundaries } })
    case 'counter':
      return meter.createCounter(name, { unit, description })
    default:
      return meter.createUpDownCounter(name, { unit, description })
  }
}
