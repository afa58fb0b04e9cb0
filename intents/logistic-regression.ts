export type Example<Label extends string> = { features: readonly string[]; label: Label };

/** Plain data: one row of weights a label, one column a known feature, and a bias a label. */
export type LogisticRegression<Label extends string> = {
  labels: Label[];
  columns: ReadonlyMap<string, number>;
  weights: Float64Array[];
  bias: Float64Array;
};

const epochs = 12;
const firstRate = 0.6;
const decay = 1e-4;

/**
 * Multinomial logistic regression over sets of features, fitted by stochastic gradient descent in a fixed order, so
 * that the same examples give the same model. Each example is scaled to length one: long texts weigh no more.
 */
export function fitLogisticRegression<Label extends string>(
  examples: readonly Example<Label>[],
): LogisticRegression<Label> {
  const labels = [...new Set(examples.map((example) => example.label))];
  const columns = new Map<string, number>();
  for (const { features } of examples)
    for (const name of features) if (!columns.has(name)) columns.set(name, columns.size);
  const model = {
    labels,
    columns,
    weights: labels.map(() => new Float64Array(columns.size)),
    bias: new Float64Array(labels.length),
  };
  const rows = examples.map((example) => columnsOf(model, example.features));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = firstRate / (1 + epoch / 5);
    // A stride that shares no factor with the count visits every example once, and neighbours seldom in a row.
    const stride = strideFor(examples.length);
    for (let step = 0; step < examples.length; step++) {
      const index = (step * stride + epoch) % examples.length;
      learn(model, rows[index] ?? [], labels.indexOf(examples[index]?.label ?? ("" as Label)), rate);
    }
  }
  return model;
}

/** The labels with their probabilities, likeliest first; they add up to 1. Features never seen count for nothing. */
export function predict<Label extends string>(
  model: LogisticRegression<Label>,
  features: readonly string[],
): { label: Label; probability: number }[] {
  const probabilities = probabilitiesOf(model, columnsOf(model, features));
  return model.labels
    .map((label, index) => ({ label, probability: probabilities[index] ?? 0 }))
    .sort((one, other) => other.probability - one.probability);
}

function learn<Label extends string>(
  model: LogisticRegression<Label>,
  row: readonly number[],
  label: number,
  rate: number,
): void {
  const probabilities = probabilitiesOf(model, row);
  const length = row.length === 0 ? 1 : Math.sqrt(row.length);
  model.weights.forEach((weights, index) => {
    const error = (index === label ? 1 : 0) - (probabilities[index] ?? 0);
    if (Math.abs(error) < 1e-4) return;
    for (const column of row)
      weights[column] = (weights[column] ?? 0) * (1 - rate * decay) + (rate * error * sharpness) / length;
    model.bias[index] = (model.bias[index] ?? 0) + rate * error * 0.1;
  });
}

const sharpness = 4;

function probabilitiesOf<Label extends string>(
  model: LogisticRegression<Label>,
  row: readonly number[],
): number[] {
  const length = row.length === 0 ? 1 : Math.sqrt(row.length);
  const sums = model.weights.map((weights, index) => {
    let sum = 0;
    for (const column of row) sum += weights[column] ?? 0;
    return (model.bias[index] ?? 0) + sum / length;
  });
  const highest = Math.max(...sums);
  const powers = sums.map((sum) => Math.exp(sum - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function columnsOf<Label extends string>(
  model: LogisticRegression<Label>,
  features: readonly string[],
): number[] {
  return [...new Set(features)].flatMap((name) => model.columns.get(name) ?? []);
}

function strideFor(count: number): number {
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (divisor(stride, count) !== 1) stride++;
  return stride;
}

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}
