// What a series chart draws besides its lines: bands, threshold lines, alarm marks. Colours come from the page's tokens, so that they follow
// the theme.
import type uPlot from "uplot";

export interface Threshold {
  label: string;
  value: number;
  tone?: string;
}
export interface Band {
  from: number | null;
  to: number | null;
  label?: string;
  tone?: string;
}
export interface Mark {
  at: number;
  label: string;
  tone?: string;
  href?: string;
}

/** The present colour of a token such as `--danger-solid`: custom properties hold light-dark() until something uses them. */
export function colourOf(host: HTMLElement, token: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${token})`;
  probe.style.display = "none";
  host.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function faded(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(share * 100)}%, transparent)`;
}

export function paintBands(plot: uPlot, host: HTMLElement, bands: Band[]): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  for (const band of bands) {
    const high = band.to === null ? top : Math.max(top, plot.valToPos(band.to, "y", true));
    const low = band.from === null ? top + height : Math.min(top + height, plot.valToPos(band.from, "y", true));
    if (low <= high) continue;
    plot.ctx.fillStyle = faded(colourOf(host, `--${band.tone ?? "ok"}-solid`), 0.09);
    plot.ctx.fillRect(left, high, width, low - high);
  }
  plot.ctx.restore();
}

export function paintThresholds(plot: uPlot, host: HTMLElement, thresholds: Threshold[]): void {
  const { left, top, width, height } = plot.bbox;
  const ratio = devicePixelRatio;
  const { ctx } = plot;
  ctx.save();
  ctx.font = `${11 * ratio}px ${getComputedStyle(host).fontFamily}`;
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  const beside: { y: number; right: number }[] = []; // labels of lines that lie close together stand side by side
  for (const threshold of thresholds) {
    const y = plot.valToPos(threshold.value, "y", true);
    if (y < top || y > top + height) continue;
    const colour = colourOf(host, `--${threshold.tone ?? "watch"}`);
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    const near = beside.filter((one) => Math.abs(one.y - y) < 13 * ratio);
    const start = Math.max(left + 6 * ratio, ...near.map((one) => one.right + 10 * ratio));
    ctx.fillText(threshold.label, start, y - 2 * ratio);
    beside.push({ y, right: start + ctx.measureText(threshold.label).width });
  }
  ctx.restore();
}

/** Marks stand at the foot of the plot, one shape for each tone, so that colour is not the only sign. */
export function paintMarks(plot: uPlot, host: HTMLElement, marks: Mark[]): void {
  const { left, top, width, height } = plot.bbox;
  const ratio = devicePixelRatio;
  const { ctx } = plot;
  ctx.save();
  for (const mark of marks) {
    const x = plot.valToPos(mark.at, "x", true);
    if (x < left || x > left + width) continue;
    const colour = colourOf(host, `--${mark.tone ?? "danger"}-solid`);
    ctx.strokeStyle = faded(colour, 0.55);
    ctx.fillStyle = colour;
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    shape(ctx, mark.tone ?? "danger", x, top + height - 6 * ratio, 5 * ratio);
  }
  ctx.restore();
}

function shape(ctx: CanvasRenderingContext2D, tone: string, x: number, y: number, size: number): void {
  ctx.beginPath();
  if (tone === "danger") {
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
  } else if (tone === "watch") {
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y + size * 0.8);
    ctx.lineTo(x - size, y + size * 0.8);
  } else ctx.arc(x, y, size * 0.8, 0, Math.PI * 2);
  ctx.closePath();
  ctx.fill();
}
