/** The newest values of a target by metric. */
export type NamedValues = ReadonlyMap<string, number>;

/**
 * Views into one array of values, each as a read-only map of the metrics that have one (NaN: it has none): ten thousand
 * targets need no map each.
 */
export function namedValues(
  metrics: readonly string[],
  values: Float64Array,
): (first: number) => NamedValues {
  const position = new Map(metrics.map((metric, m) => [metric, m]));
  return (first) => new ValuesView(metrics, position, values.subarray(first, first + metrics.length));
}

class ValuesView implements ReadonlyMap<string, number> {
  readonly #metrics: readonly string[];
  readonly #position: ReadonlyMap<string, number>;
  readonly #values: Float64Array;

  constructor(metrics: readonly string[], position: ReadonlyMap<string, number>, values: Float64Array) {
    this.#metrics = metrics;
    this.#position = position;
    this.#values = values;
  }

  get(metric: string): number | undefined {
    const value = this.#values[this.#position.get(metric) ?? -1];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }

  has(metric: string): boolean {
    return this.get(metric) !== undefined;
  }

  get size(): number {
    return this.#values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  }

  *entries(): MapIterator<[string, number]> {
    for (const [m, metric] of this.#metrics.entries()) {
      const value = this.#values[m] ?? Number.NaN;
      if (!Number.isNaN(value)) yield [metric, value];
    }
  }

  *keys(): MapIterator<string> {
    for (const [metric] of this.entries()) yield metric;
  }

  *values(): MapIterator<number> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(each: (value: number, metric: string, map: ReadonlyMap<string, number>) => void): void {
    for (const [metric, value] of this.entries()) each(value, metric, this);
  }

  [Symbol.iterator](): MapIterator<[string, number]> {
    return this.entries();
  }
}
