// <series-chart label height zone unit decimals src live><script type="application/json">…</script></series-chart>
//
// Data: {"at": [epoch s], "series": [{label, values, unit?, tone?, fill?, dash?}], "thresholds": [...], "bands": [...], "marks": [...]}.
// Charts with the same `sync` share one crosshair. Arrow keys move it; a button turns the chart into a table. With `src` the data is fetched, and fetched anew when the room around
// it refreshes.
import uPlot from "uplot";
import { colourOf, type Mark, paintBands, paintMarks, paintThresholds } from "./chart-paint.ts";
import { lonely, spanOf } from "./chart-span.ts";
import { type ChartData, ChartWords, type Series } from "./chart-words.ts";
import { word } from "./words.ts";

/** Steps of an axis between whose figures there is nothing. */
const STEPS = [1, 2, 5].flatMap((step) => [step, step * 10, step * 100, step * 1000, step * 10_000]).sort((one, other) => one - other);

class SeriesChart extends HTMLElement {
  static observedAttributes = ["src"];
  #data: ChartData | undefined;
  #words = new ChartWords(this);
  #plot: uPlot | undefined;
  #frame = document.createElement("div");
  #legend = document.createElement("div");
  #note = document.createElement("p");
  #table = document.createElement("div");
  #toggle = document.createElement("button");
  #wide = new ResizeObserver(() => this.#resize());
  #repaint = (): void => this.#draw();
  #refetch = (): void => void this.#load();
  #dark = matchMedia("(prefers-color-scheme: dark)");

  connectedCallback(): void {
    const island = this.querySelector("script[type='application/json']");
    if (island && !this.#data) this.#data = JSON.parse(island.textContent ?? "") as ChartData;
    this.#build();
    document.addEventListener("theme-changed", this.#repaint);
    this.#dark.addEventListener("change", this.#repaint);
    this.closest("live-room")?.addEventListener("room-refreshed", this.#refetch);
    this.#wide.observe(this);
    if (this.hasAttribute("src")) void this.#load();
    else this.#draw();
  }

  disconnectedCallback(): void {
    document.removeEventListener("theme-changed", this.#repaint);
    this.#dark.removeEventListener("change", this.#repaint);
    this.#wide.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  attributeChangedCallback(_name: string, before: string | null): void {
    if (before !== null && this.isConnected) void this.#load();
  }

  /** Show other data: for pages that compute it, such as a what-if. */
  set data(fresh: ChartData) {
    this.#data = fresh;
    this.#draw();
  }

  async #load(): Promise<void> {
    const address = this.getAttribute("src");
    if (!address) return;
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok) this.data = (await answer.json()) as ChartData;
  }

  #build(): void {
    this.#legend.className = "chart-legend";
    this.#frame.className = "chart-frame";
    this.#frame.tabIndex = 0;
    this.#frame.setAttribute("role", "img");
    this.#frame.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.#note.className = "unseen";
    this.#note.setAttribute("aria-live", "polite");
    this.#table.className = "chart-table scroll-x";
    this.#table.tabIndex = 0;
    this.#table.hidden = true;
    this.#toggle.type = "button";
    this.#toggle.className = "chart-toggle";
    this.#toggle.textContent = word("as_table");
    this.#toggle.onclick = () => this.#turn();
    this.#frame.onkeydown = (event) => this.#key(event);
    const head = document.createElement("div");
    head.className = "chart-head";
    head.append(this.#legend, this.#toggle);
    this.replaceChildren(head, this.#frame, this.#table, this.#note);
  }

  #turn(): void {
    const table = this.#table.hidden;
    this.#table.hidden = !table;
    this.#frame.hidden = table;
    this.#toggle.textContent = word(table ? "as_chart" : "as_table");
    if (table) this.#fillTable();
    else this.#resize();
  }

  #resize(): void {
    if (this.#plot && this.#frame.clientWidth) this.#plot.setSize({ width: this.#frame.clientWidth, height: this.#height });
  }

  get #height(): number {
    return Number(this.getAttribute("height") ?? 240);
  }

  /** Whether there is nothing between one figure and the next: things that are counted, states of 0 and 1. */
  get #whole(): boolean {
    return this.hasAttribute("whole");
  }

  #draw(): void {
    const data = this.#data;
    if (!data || !this.isConnected) return;
    this.#plot?.destroy();
    this.#plot = undefined;
    this.toggleAttribute("empty", data.at.length === 0);
    if (data.at.length === 0) return this.#sayNothing();
    this.#frame.replaceChildren();
    const columns = [data.at, ...data.series.map((series) => series.values)] as uPlot.AlignedData;
    this.#plot = new uPlot(this.#options(data), columns, this.#frame);
    this.#frame.setAttribute("aria-label", this.#words.summary(data));
    this.#told(null);
    if (!this.#table.hidden) this.#fillTable();
  }

  /** A span without readings is told in words: axes around nothing would look like a reading of nought. */
  #sayNothing(): void {
    const said = document.createElement("p");
    said.className = "chart-nothing";
    said.textContent = word("no_readings");
    this.#frame.replaceChildren(said);
    this.#frame.setAttribute("aria-label", [this.getAttribute("label") ?? "", said.textContent].filter(Boolean).join(". "));
    this.#legend.replaceChildren();
  }

  #fillTable(): void {
    if (this.#data) this.#table.replaceChildren(this.#words.table(this.#data));
  }

  #options(data: ChartData): uPlot.Options {
    const grid = { stroke: colourOf(this, "--line-soft"), width: 1 };
    const axis = { stroke: colourOf(this, "--ink-3"), font: `11px ${getComputedStyle(this).fontFamily}`, grid, ticks: { show: false } };
    return {
      width: this.#frame.clientWidth || this.clientWidth || 600,
      height: this.#height,
      padding: [8, 24, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), this.#words.zone),
      cursor: {
        points: { size: 7 },
        drag: { x: true, y: false },
        y: false,
        ...(this.getAttribute("sync") ? { sync: { key: this.getAttribute("sync") ?? "" } } : {}),
      },
      scales: {
        x: { range: (_plot, low, high) => spanOf(data.at, low, high, data.span) },
        y: { range: (_plot, low, high) => this.#range(low, high, true) },
        y2: { range: (_plot, low, high) => this.#range(low, high, false) },
      },
      axes: [
        { ...axis, gap: 6, size: 28, space: 64, values: (_plot, splits) => this.#words.dates(splits) },
        { ...axis, gap: 6, size: 48, ...(this.#whole ? { incrs: STEPS } : {}), values: (_plot, splits) => splits.map((value) => this.#words.tick(value)) },
        ...(this.#units(data).length > 1
          ? [
              {
                ...axis,
                scale: "y2",
                side: 1,
                gap: 6,
                size: 40,
                grid: { show: false },
                values: (_plot: uPlot, splits: number[]) => splits.map((value) => this.#words.tick(value)),
              },
            ]
          : []),
      ],
      series: [{}, ...data.series.map((series, at) => this.#line(series, at, data))],
      hooks: {
        setCursor: [(plot) => this.#told(plot.cursor.idx ?? null)],
        drawAxes: [(plot) => paintBands(plot, this, data.bands ?? [])],
        draw: [(plot) => paintThresholds(plot, this, data.thresholds ?? []), (plot) => paintMarks(plot, this, data.marks ?? [])],
      },
    };
  }

  /** Figures of another unit than the first have their own scale, at the right. */
  #units(data: ChartData): string[] {
    return [...new Set(data.series.map((series) => series.unit ?? ""))];
  }

  #line(series: Series, at: number, data: ChartData): uPlot.Series {
    const stroke = colourOf(this, series.tone ? `--${series.tone}-solid` : `--series-${(at % 5) + 1}`);
    return {
      label: series.label,
      scale: (series.unit ?? "") === this.#units(data)[0] ? "y" : "y2",
      stroke,
      width: 1.75,
      points: { show: false, filter: () => lonely(series.values), size: 6, fill: stroke },
      ...(series.dash ? { dash: [5, 4] } : {}),
      ...(series.fill ? { fill: `color-mix(in srgb, ${stroke} 9%, transparent)` } : {}),
    };
  }

  /** The lines and the nearest thresholds in view, with air above and below; a flat line is not blown up to a drama. */
  #range(low: number | null, high: number | null, withThresholds: boolean): [number, number] {
    if (low === null || high === null) return [0, 1];
    const all = [low, high, ...(withThresholds ? (this.#data?.thresholds ?? []).map((threshold) => threshold.value) : [])];
    const [bottom, top] = [Math.min(...all), Math.max(...all)];
    if (this.#whole) return [Math.floor(bottom), Math.max(Math.ceil(top), Math.floor(bottom) + 1)];
    const air = Math.max((top - bottom) * 0.1, Math.abs(top) * 0.005, 1e-9);
    return [bottom >= 0 ? Math.max(0, bottom - air) : bottom - air, top + air];
  }

  /** The legend tells the values under the crosshair, else the latest. */
  #told(index: number | null): void {
    const data = this.#data;
    if (!data) return;
    const at = index ?? data.at.length - 1;
    const items = data.series.map((series, place) => {
      const item = document.createElement("span");
      item.className = "chart-key";
      const swatch = document.createElement("i");
      swatch.style.setProperty("--swatch", colourOf(this, series.tone ? `--${series.tone}-solid` : `--series-${(place % 5) + 1}`));
      const value = document.createElement("b");
      value.textContent = this.#words.value(series, at);
      item.append(swatch, `${series.label} `, value);
      return item;
    });
    const time = document.createElement("time");
    const moment = data.at[at];
    time.textContent = moment === undefined ? "" : this.#words.moment(moment);
    const mark = index === null || moment === undefined ? undefined : this.#near(data, moment);
    if (mark) time.textContent += ` · ${mark.label}`;
    this.#legend.replaceChildren(...items, time);
  }

  #near(data: ChartData, moment: number): Mark | undefined {
    const reach = ((data.at.at(-1) ?? 0) - (data.at[0] ?? 0)) / 80;
    return data.marks?.find((mark) => Math.abs(mark.at - moment) <= reach);
  }

  #key(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 };
    const move = moves[event.key];
    const plot = this.#plot;
    if (move === undefined || !plot || !this.#data) return;
    event.preventDefault();
    const last = this.#data.at.length - 1;
    const index = Math.min(last, Math.max(0, (plot.cursor.idx ?? last) + move));
    plot.setCursor({ left: plot.valToPos(this.#data.at[index] ?? 0, "x"), top: 0 });
    this.#note.textContent = this.#legend.textContent;
  }
}

customElements.define("series-chart", SeriesChart);
