/**
 * Counters of the server in Prometheus' text format (0.0.4). Labels are routes, statuses and loaded models: their number
 * is bounded whatever clients send.
 * @module
 */

/** Label names and values. */
type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

const families = {
  landfall_requests_total: { type: "counter", help: "Requests answered, by route and status." },
  landfall_request_seconds: { type: "histogram", help: "From the arrival of a request to its answer, by route." },
  landfall_profiles_total: { type: "counter", help: "Profiles inferred, by model and version." },
  landfall_runs_total: { type: "counter", help: "Runs of a model: several requests may share one." },
  landfall_run_seconds_total: { type: "counter", help: "Seconds that models ran." },
  landfall_queued_profiles: { type: "gauge", help: "Profiles that wait, by model and version." },
  landfall_models_loaded: { type: "gauge", help: "Models in memory." },
} as const satisfies Readonly<Record<string, Family>>;

type MetricName = keyof typeof families;

/** Upper bounds of the histogram's buckets, in seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

function labelText(labels: Labels): string {
  const escaped = (value: string): string =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** The server's counters. */
export class Metrics {
  readonly #values = new Map<MetricName, Map<string, number>>();
  readonly #gauges: (() => Iterable<readonly [MetricName, Labels, number]>)[] = [];

  /** Adds to a counter. */
  add(name: MetricName, labels: Labels, amount = 1): void {
    this.#addSeries(name, labelText(labels), amount);
  }

  /** Counts a duration in a histogram. */
  observe(name: MetricName, labels: Labels, seconds: number): void {
    for (const bound of buckets)
      this.#addSeries(name, `_bucket${labelText({ ...labels, le: String(bound) })}`, Number(seconds <= bound));
    this.#addSeries(name, `_bucket${labelText({ ...labels, le: "+Inf" })}`, 1);
    this.#addSeries(name, `_sum${labelText(labels)}`, seconds);
    this.#addSeries(name, `_count${labelText(labels)}`, 1);
  }

  /** Adds a source of values that are looked up when they are asked for. */
  gauge(read: () => Iterable<readonly [MetricName, Labels, number]>): void {
    this.#gauges.push(read);
  }

  #addSeries(name: MetricName, series: string, amount: number): void {
    const known = this.#values.get(name) ?? new Map<string, number>();
    this.#values.set(name, known);
    known.set(series, (known.get(series) ?? 0) + amount);
  }

  /** All values as text. */
  text(): string {
    const read = this.#gauges.flatMap((gauge) => [...gauge()]);
    const lines: string[] = [];
    for (const [name, { type, help }] of Object.entries(families)) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [series, value] of this.#values.get(name as MetricName) ?? []) lines.push(`${name}${series} ${value}`);
      for (const [of, labels, value] of read) if (of === name) lines.push(`${name}${labelText(labels)} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }
}
