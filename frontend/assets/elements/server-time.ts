// What time the server's clock shows. Deadlines and auctions go by it, never by the clock of this machine. A driven clock (demo) may
// run at another rate or stand still.
let base = Date.now();
let taken = performance.now();
let rate = 1;

export function serverNow(): number {
  return base + (performance.now() - taken) * rate;
}

/** Set the clock from an instant of the server, half a round trip old. */
export function tell(instant: string, roundTrip = 0, pace = rate): void {
  const parsed = Date.parse(instant);
  if (Number.isNaN(parsed)) return;
  base = parsed + (roundTrip / 2) * pace;
  taken = performance.now();
  rate = pace;
}

/** Ask the server: `{"now": ISO, "rate": number?}`. A clock that cannot be asked keeps what it knows. */
export async function resync(address: string): Promise<void> {
  const asked = performance.now();
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) return;
    const told = (await answer.json()) as { now: string; rate?: number };
    tell(told.now, performance.now() - asked, told.rate ?? rate);
  } catch {
    // Offline: the running clock is still the best we have.
  }
}

const first = document.querySelector<HTMLMetaElement>('meta[name="server-time"]');
if (first?.content) tell(first.content, 0, Number(first.dataset["rate"] ?? 1));

/** Call `draw` now and at each second of the server, until the returned function is called. */
export function everySecond(draw: () => void): () => void {
  let timer = 0;
  const tick = (): void => {
    draw();
    const pace = rate || 1;
    timer = window.setTimeout(tick, Math.min(1000, Math.max(120, (1000 - (serverNow() % 1000)) / pace)));
  };
  tick();
  return () => window.clearTimeout(timer);
}
