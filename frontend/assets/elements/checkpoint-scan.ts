// <checkpoint-scan patrol address>: an officer's round. What is scanned, or written by a tag reader, is signed at once and kept; `phone-key` sends it.
// The label itself stays on the phone: signed is its hash with the round, which is worth nothing in another. Each step carries the hashes that tick it.
import { digest, keepSigned, whereabouts } from "./phone-store.ts";
import { word } from "./words.ts";

const FORM = "bailee-scan-1";
const SCHEME = /^bailee:checkpoint:/i;

class CheckpointScan extends HTMLElement {
  connectedCallback(): void {
    this.#input?.addEventListener("change", this.#scanned);
    document.addEventListener("phone-told", this.#told);
  }

  disconnectedCallback(): void {
    document.removeEventListener("phone-told", this.#told);
  }

  #scanned = async (): Promise<void> => {
    const label = (this.#input?.value ?? "").trim().replace(SCHEME, "").replace(/[\s:-]/g, "").toUpperCase();
    if (!label || !this.#input) return;
    this.#input.value = "";
    this.#say(word("signing"), "neutral");
    const patrol = this.getAttribute("patrol") ?? "";
    const seen = await digest(new TextEncoder().encode(`${patrol}:${label}`));
    await keepSigned(this.getAttribute("address") ?? "", seen, FORM, { patrol, seen, place: await whereabouts() });
    this.#step(seen)?.toggleAttribute("data-kept", true);
    this.#say(word("picture_kept"), "neutral");
    document.dispatchEvent(new CustomEvent("capture-kept"));
  };

  #told = (event: Event): void => {
    const told = (event as CustomEvent<{ about: string; said: string; accepted: boolean }>).detail;
    this.#say(told.accepted ? [word("picture_accepted"), told.said].join(" ") : told.said, told.accepted ? "ok" : "danger");
    this.#step(told.about)?.toggleAttribute("data-done", told.accepted);
    if (told.accepted) void this.#refresh().catch(() => undefined); // the line is gone again: what is ticked here stays
  };

  /** The steps as the house has them; once the round is over, the page that says so. What is kept for later without a line is renewed with it. */
  async #refresh(): Promise<void> {
    const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    const steps = page.querySelector("checkpoint-scan ol");
    if (steps) this.querySelector("ol")?.replaceWith(steps);
    else location.reload();
  }

  get #input(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>("[data-label]");
  }
  #step(seen: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(`li[data-marks~="${seen}"]`);
  }
  #say(text: string, tone: string): void {
    const line = this.querySelector<HTMLElement>("[data-said]");
    if (!line) return;
    line.textContent = text;
    line.dataset["tone"] = tone;
  }
}

customElements.define("checkpoint-scan", CheckpointScan);
