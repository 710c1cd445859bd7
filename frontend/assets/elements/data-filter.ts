// <data-filter for="table-or-list-id"><input type="search"><output></output></data-filter>: hides rows that do not hold what is typed.
import { word } from "./words.ts";

class DataFilter extends HTMLElement {
  connectedCallback(): void {
    this.querySelector("input")?.addEventListener("input", () => this.#filter());
  }

  #filter(): void {
    const wanted = (this.querySelector("input")?.value ?? "").trim().toLocaleLowerCase().split(/\s+/);
    const rows = [
      ...(document.getElementById(this.getAttribute("for") ?? "")?.querySelectorAll<HTMLElement>("tbody tr, :scope > li") ?? []),
    ];
    let shown = 0;
    for (const row of rows) {
      const text = (row.textContent ?? "").toLocaleLowerCase();
      row.hidden = !wanted.every((part) => text.includes(part));
      if (!row.hidden) shown += 1;
    }
    const output = this.querySelector("output");
    if (output)
      output.textContent = shown === rows.length ? "" : shown ? word("shown_of", { shown, total: rows.length }) : word("none_match");
  }
}

customElements.define("data-filter", DataFilter);
