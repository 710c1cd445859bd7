// What a series chart says in words and figures: axes, legend, summary for screen readers, the table that stands for the chart.
import type { Band, Mark, Threshold } from "./chart-paint.ts";
import { language, word } from "./words.ts";

export interface Series {
  label: string;
  values: (number | null)[];
  unit?: string;
  tone?: string;
  fill?: boolean;
  dash?: boolean;
}
export interface ChartData {
  at: number[];
  series: Series[];
  thresholds?: Threshold[];
  bands?: Band[];
  marks?: Mark[];
  span?: [number, number];
}

const MINUTE = 60;
const DAY = 86400;

export class ChartWords {
  #host: HTMLElement;

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  get zone(): string {
    return this.#host.getAttribute("zone") ?? "Asia/Shanghai";
  }

  /** A figure of a series with its unit. */
  value(series: Series, at: number): string {
    return this.#figure(series.values[at], series.unit ?? this.#host.getAttribute("unit") ?? "");
  }

  /** A figure of an axis: bare. */
  tick(value: number): string {
    return new Intl.NumberFormat(language(), { maximumFractionDigits: 4 }).format(value);
  }

  moment(at: number): string {
    const form = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short", hourCycle: "h23", timeZone: this.zone });
    return form.format(new Date(at * 1000));
  }

  /** Times along the axis, to the second where they are closer than a minute; where they are closer than a day, the first of each new day is its date. None is said twice. */
  dates(splits: number[]): string[] {
    const step = (splits[1] ?? 0) - (splits[0] ?? 0);
    const day = new Intl.DateTimeFormat(language(), { month: "short", day: "numeric", timeZone: this.zone });
    const fine: Intl.DateTimeFormatOptions = step < MINUTE ? { second: "2-digit" } : {};
    const hour = new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit", ...fine, hourCycle: "h23", timeZone: this.zone });
    let last = "";
    let said = "";
    return splits.map((at) => {
      const date = new Date(at * 1000);
      const today = day.format(date);
      const shown = step >= DAY || (today !== last && last !== "") ? today : hour.format(date);
      last = today;
      if (shown === said) return "";
      said = shown;
      return shown;
    });
  }

  summary(data: ChartData): string {
    const parts = data.series.map((series) => {
      const values = series.values.filter((value): value is number => value !== null);
      if (!values.length) return series.label;
      const unit = series.unit ?? this.#host.getAttribute("unit") ?? "";
      const tell = (key: string, value: number | undefined): string => `${word(key)} ${this.#figure(value, unit)}`;
      return `${series.label}: ${[tell("latest", values.at(-1)), tell("lowest", Math.min(...values)), tell("highest", Math.max(...values))].join(", ")}`;
    });
    return [this.#host.getAttribute("label") ?? "", ...parts].filter(Boolean).join(". ");
  }

  /** The same figures as a table, newest first. */
  table(data: ChartData): HTMLTableElement {
    const table = document.createElement("table");
    table.className = "table";
    table.createCaption().className = "unseen";
    table.caption?.append(this.#host.getAttribute("label") ?? "");
    const head = table.createTHead().insertRow();
    for (const [place, text] of [word("time"), ...data.series.map((series) => series.label)].entries())
      head.append(heading(text, place > 0));
    const body = table.createTBody();
    for (let at = data.at.length - 1; at >= 0; at -= 1) {
      const row = body.insertRow();
      row.insertCell().textContent = this.moment(data.at[at] ?? 0);
      for (const series of data.series) {
        const cell = row.insertCell();
        cell.dataset["kind"] = "number";
        cell.textContent = this.value(series, at);
      }
    }
    return table;
  }

  #figure(value: number | null | undefined, unit: string): string {
    if (value === null || value === undefined) return "–";
    const places = this.#host.getAttribute("decimals");
    const most = places === null ? (Math.abs(value) >= 1000 ? 0 : 2) : Number(places);
    const figure = new Intl.NumberFormat(language(), { minimumFractionDigits: Number(places ?? 0), maximumFractionDigits: most }).format(
      value,
    );
    return unit ? `${figure} ${unit}` : figure;
  }
}

function heading(text: string, number: boolean): HTMLTableCellElement {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.textContent = text;
  if (number) cell.dataset["kind"] = "number";
  return cell;
}
