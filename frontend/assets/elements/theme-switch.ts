// <theme-switch><button>…</button></theme-switch>: light or dark by choice, kept in a cookie so that the server paints it at once.
import { word } from "./words.ts";

class ThemeSwitch extends HTMLElement {
  connectedCallback(): void {
    this.querySelector("button")?.addEventListener("click", () => this.#turn());
  }

  #turn(): void {
    const root = document.documentElement;
    const dark = root.dataset["theme"] ? root.dataset["theme"] === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const chosen = dark ? "light" : "dark";
    root.dataset["theme"] = chosen;
    document.cookie = `theme=${chosen}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    this.querySelector("button")?.setAttribute("aria-description", word(`theme_${chosen}`));
    document.dispatchEvent(new CustomEvent("theme-changed", { detail: { theme: chosen } }));
  }
}

customElements.define("theme-switch", ThemeSwitch);
