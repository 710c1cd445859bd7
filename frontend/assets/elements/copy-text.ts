// <copy-text text="…"><code>short face</code><button>…</button></copy-text>: copies the whole text and says so.
import { word } from "./words.ts";

class CopyText extends HTMLElement {
  connectedCallback(): void {
    this.querySelector("button")?.addEventListener("click", (event) => {
      event.preventDefault();
      void this.#copy();
    });
  }

  async #copy(): Promise<void> {
    const text = this.getAttribute("text") ?? this.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      this.#copyByHand(text);
    }
    this.#said();
  }

  /** Pages on plain HTTP have no clipboard interface. */
  #copyByHand(text: string): void {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "unseen";
    this.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }

  #said(): void {
    const button = this.querySelector("button");
    const before = button?.getAttribute("aria-label") ?? word("copy");
    const use = button?.querySelector("use");
    const icon = use?.getAttribute("href") ?? "";
    this.dataset["copied"] = "";
    button?.setAttribute("aria-label", word("copied"));
    use?.setAttribute("href", icon.replace("#copy", "#check"));
    window.setTimeout(() => {
      delete this.dataset["copied"];
      button?.setAttribute("aria-label", before);
      use?.setAttribute("href", icon);
    }, 1800);
  }
}

customElements.define("copy-text", CopyText);
