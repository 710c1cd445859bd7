// What a series chart shows of so few values that a line says nothing: a span with room around a single moment, and a dot where no line leads. Pure.

/** Seconds on each side of a moment that stands alone. */
const AROUND = 1800;

/** The span of the time axis, epoch seconds. `whole`: what charts that stand under each other share; a part that was drawn out (`low` to `high`) is kept. */
export function spanOf(at: number[], low: number, high: number, whole?: [number, number]): [number, number] {
  const first = at[0] ?? low;
  const last = at[at.length - 1] ?? high;
  if (first === last) return whole && whole[1] > whole[0] ? whole : [first - AROUND, first + AROUND];
  return (low === first && high === last && whole) || [low, high];
}

/** The places of values without a neighbour: a line is drawn from value to value, so they would not be seen. */
export function lonely(values: readonly (number | null | undefined)[]): number[] {
  return [...values.keys()].filter((place) => !missing(values[place]) && missing(values[place - 1]) && missing(values[place + 1]));
}

function missing(value: number | null | undefined): boolean {
  return value === null || value === undefined;
}
