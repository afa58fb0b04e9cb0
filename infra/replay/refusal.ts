/** A request that Prometheus would refuse too; answered in the shape of its errors. */
export class Refusal extends Error {
  readonly status: number;
  readonly errorType: string;

  constructor(status: number, errorType: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.errorType = errorType;
  }
}

export function badData(message: string): Refusal {
  return new Refusal(400, "bad_data", message);
}
