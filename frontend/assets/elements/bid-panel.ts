// <bid-panel least="minor units" step="minor units" currency="CNY" digits="2" closed?> around the bid form of the server.
//
// The form works without script. With it, an amount is stepped by buttons and arrow keys, never below what counts now; the bid is sent by
// fetch under one idempotency key that is kept until the server has answered, so that a bad line cannot bid twice; the receipt is shown.
import { toast } from "./toast-stack.ts";
import { language, word } from "./words.ts";

/** What the house signed: kept as it came, since its bytes are the proof. */
interface Receipt {
  sequence: number;
  amount_minor: number;
  auction: string;
  signature: string;
}
interface Outcome {
  accepted: boolean;
  leads?: boolean;
  said: string;
  receipt?: Receipt;
}

class BidPanel extends HTMLElement {
  static observedAttributes = ["least", "step", "closed"];
  #ready = false;
  #sending = false;
  #kept = "";
  #made = Number.NaN;

  connectedCallback(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      void this.#send();
    });
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("change", () => this.#write(this.#amount));
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    for (const button of this.querySelectorAll<HTMLElement>("[data-steps]")) {
      button.addEventListener("click", () =>
        this.#write(Math.max(this.#least, this.#least + this.#step * (Number(button.dataset["steps"]) - 1))),
      );
    }
    for (const button of this.querySelectorAll<HTMLElement>("[data-nudge]"))
      button.addEventListener("click", () => this.#nudge(Number(button.dataset["nudge"])));
    if (!this.#input.value) this.#write(this.#least);
    this.#paint();
  }

  /** What counts now has moved: an amount that nobody touched, or that is bid already, follows it; a typed one stays and is marked. */
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.#ready || before === after) return;
    if (name === "least" && (this.#amount === Number(before) || this.#amount === this.#made)) this.#write(this.#least);
    this.#paint();
  }

  get #form(): HTMLFormElement {
    return this.querySelector("form") as HTMLFormElement;
  }
  get #input(): HTMLInputElement {
    return this.querySelector("input[name=amount]") as HTMLInputElement;
  }
  get #button(): HTMLButtonElement {
    return this.querySelector("button[type=submit]") as HTMLButtonElement;
  }
  get #least(): number {
    return Number(this.getAttribute("least") ?? 0);
  }
  get #step(): number {
    return Number(this.getAttribute("step") ?? 1);
  }
  get #scale(): number {
    return 10 ** Number(this.getAttribute("digits") ?? 2);
  }

  /** Minor units of what is typed, or NaN. Grouping in either width of comma is forgiven. */
  get #amount(): number {
    const typed = this.#input.value.replace(/[\s,，']/g, "");
    return /^\d+(\.\d+)?$/.test(typed) ? Math.round(Number(typed) * this.#scale) : Number.NaN;
  }

  #shown(minor: number): string {
    const currency = this.getAttribute("currency") ?? "CNY";
    const digits = this.#digits(minor);
    return new Intl.NumberFormat(language(), {
      style: "currency",
      currency,
      minimumFractionDigits: digits,
    }).format(minor / this.#scale);
  }

  #write(minor: number): void {
    if (Number.isNaN(minor)) return this.#paint();
    this.#input.value = this.#bare(minor);
    this.#paint();
  }

  /** The figure alone, as it is typed. */
  #bare(minor: number): string {
    const digits = this.#digits(minor);
    return new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(minor / this.#scale);
  }

  #digits(minor: number): number {
    return minor % this.#scale ? Math.log10(this.#scale) : 0;
  }

  #nudge(steps: number): void {
    const from = Number.isNaN(this.#amount) ? this.#least : this.#amount;
    this.#write(Math.max(this.#least, from + steps * this.#step));
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    this.#nudge((event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 5 : 1));
  }

  #typed(): void {
    this.#say("", "");
    this.#paint();
  }

  #paint(): void {
    const closed = this.hasAttribute("closed");
    const low = Number.isNaN(this.#amount) || this.#amount < this.#least;
    this.#input.disabled = closed;
    this.#input.toggleAttribute("aria-invalid", false);
    if (low && !closed) this.#input.setAttribute("aria-invalid", "true");
    this.#button.disabled = closed || low || this.#sending;
    this.#button.toggleAttribute("aria-busy", false);
    if (this.#sending) this.#button.setAttribute("aria-busy", "true");
    for (const button of this.querySelectorAll<HTMLButtonElement>("[data-steps], [data-nudge]")) button.disabled = closed;
    for (const button of this.querySelectorAll<HTMLElement>("[data-steps]")) {
      const amount = this.#least + this.#step * (Number(button.dataset["steps"]) - 1);
      button.textContent = this.#bare(amount);
      button.setAttribute("aria-pressed", String(amount === this.#amount));
    }
    const face = this.querySelector("[data-amount]");
    if (face) face.textContent = Number.isNaN(this.#amount) ? "" : this.#shown(this.#amount);
    const least = this.querySelector("[data-least]");
    if (least) least.textContent = closed ? word("bid_closed") : word("too_low", { amount: this.#shown(this.#least) });
  }

  async #send(): Promise<void> {
    if (this.#sending || this.hasAttribute("closed")) return;
    this.#sending = true;
    this.#say(word("sending"), "neutral");
    const body = new FormData(this.#form);
    const sent = this.#amount;
    body.set("amount", String(sent / this.#scale));
    this.#paint();
    try {
      const outcome = await this.#told(
        await fetch(this.#form.action, { method: "POST", body, headers: { Accept: "application/json, text/html;q=0.9" } }),
      );
      this.#newKey();
      this.#conclude(outcome, sent);
    } catch {
      // No answer: the key stays, so that trying again is the same bid and not a second one.
      this.#say(word("network"), "danger");
    }
    this.#sending = false;
    this.#paint();
  }

  async #told(answer: Response): Promise<Outcome> {
    if (answer.status >= 502) throw new Error(String(answer.status));
    if (answer.headers.get("Content-Type")?.includes("json")) {
      const said = (await answer.json()) as { detail?: string; leads?: boolean; receipt?: Receipt };
      return { accepted: answer.ok, leads: said.leads ?? answer.ok, said: said.detail ?? "", ...(said.receipt ? { receipt: said.receipt } : {}) };
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fault = page.querySelector(".error-summary li, .flash[data-tone='danger'] p, .error-page p b");
    return { accepted: answer.ok && !fault, said: fault?.textContent?.trim() ?? "" };
  }

  #conclude(outcome: Outcome, sent: number): void {
    const amount = outcome.receipt ? `: ${this.#shown(outcome.receipt.amount_minor)}` : "";
    const said = outcome.said === word("accepted") ? outcome.said + amount : outcome.said;
    this.#say(said || word("failed"), outcome.accepted ? (outcome.leads ? "ok" : "watch") : "danger");
    if (outcome.receipt) this.#offer(outcome.receipt);
    if (!outcome.accepted) return;
    this.#made = sent;
    if (this.#amount === sent && sent < this.#least) this.#write(this.#least);
    toast({ text: said, tone: outcome.leads ? "ok" : "watch" });
    const limit = this.querySelector<HTMLInputElement>("input[name=limit]");
    if (limit) limit.value = "";
    this.dispatchEvent(new CustomEvent("bid-accepted", { bubbles: true, detail: outcome }));
    void (this.closest("live-room") as { refresh?: () => Promise<void> } | null)?.refresh?.();
  }

  /** The signed receipt as a file to keep, made here and now: it must not depend on asking the house again. */
  #offer(receipt: Receipt): void {
    const link = document.createElement("a");
    const file = new Blob([JSON.stringify(receipt, null, 1)], { type: "application/json" });
    if (this.#kept) URL.revokeObjectURL(this.#kept);
    this.#kept = link.href = URL.createObjectURL(file);
    link.download = `receipt-${receipt.auction.slice(-8)}-${receipt.sequence}.json`;
    link.className = "link";
    link.textContent = `${word("receipt")} ${receipt.sequence}`;
    this.querySelector("[data-said]")?.append(" · ", link);
  }

  #newKey(): void {
    const key = this.#form.querySelector<HTMLInputElement>("input[name=_key]");
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    if (key) key.value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  #say(text: string, tone: string): void {
    const line = this.querySelector<HTMLElement>("[data-said]");
    if (!line) return;
    line.textContent = text;
    line.dataset["tone"] = tone;
  }
}

customElements.define("bid-panel", BidPanel);
