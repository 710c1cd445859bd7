// <phone-key phones="[[fingerprint, id], …]" address="/api/v1/phones" worker="…js">: sees to it that this browser has a key in the firm's register,
// that the page opens again without a line, and that what waits is sent when the line is back. Dispatches `phone-told` {about, said, accepted}.
import { base64, publicKey, remembered, sendWaiting, signsAs, waiting } from "./phone-store.ts";
import { word } from "./words.ts";

const CACHE = "bailee-walk";

class PhoneKey extends HTMLElement {
  #sending = false;

  async connectedCallback(): Promise<void> {
    window.addEventListener("online", this.#flush);
    document.addEventListener("capture-kept", this.#flush);
    try {
      await this.#enrol();
    } catch {
      this.#say("[data-key]", word(navigator.onLine ? "key_failed" : "offline"));
    }
    await this.#flush();
    await this.#keepPage().catch(() => undefined); // without a line: what was kept before stays
  }

  disconnectedCallback(): void {
    window.removeEventListener("online", this.#flush);
    document.removeEventListener("capture-kept", this.#flush);
  }

  async #enrol(): Promise<void> {
    const { pair, fingerprint } = await remembered();
    const known = new Map(JSON.parse(this.getAttribute("phones") ?? "[]") as [string, string][]);
    const id = known.get(fingerprint) ?? (await this.#register(pair));
    signsAs(id);
    this.#say("[data-key]", word("phone_key", { digits: fingerprint }));
  }

  async #register(pair: CryptoKeyPair): Promise<string> {
    const answer = await fetch(this.getAttribute("address") ?? "", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Requested-With": "bailee", "Idempotency-Key": crypto.randomUUID() },
      body: JSON.stringify({ name: model(), public_key: base64(await publicKey(pair)) }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return ((await answer.json()) as { id: string }).id;
  }

  #flush = async (): Promise<void> => {
    if (this.#sending) return;
    this.#sending = true;
    try {
      await sendWaiting((about, answer) => this.#told(about, answer));
    } catch {
      // No answer: it stays where it is and is sent when the line is back.
    }
    this.#sending = false;
    const left = (await waiting()).length;
    this.#say("[data-queue]", left ? word("waits", { count: left }) : "");
  };

  async #told(about: string, answer: Response): Promise<void> {
    const told = (await answer.json()) as { accepted?: boolean; detail?: string; faults?: { said: string }[]; doubts?: { said: string }[] };
    const remarks = (told.accepted ? told.doubts : told.faults) ?? [];
    const said = told.detail ?? remarks.map((one) => one.said).join(" ");
    document.dispatchEvent(new CustomEvent("phone-told", { detail: { about, said, accepted: told.accepted === true } }));
  }

  /** What this page is made of is kept, so that it opens between the racks where no line reaches. */
  async #keepPage(): Promise<void> {
    if (!("serviceWorker" in navigator)) return;
    const worker = this.getAttribute("worker") ?? "";
    await navigator.serviceWorker.register(worker, { scope: worker.slice(0, worker.lastIndexOf("/") + 1) });
    const parts = performance.getEntriesByType("resource").map((one) => new URL(one.name)).filter((one) => one.pathname.startsWith("/assets/"));
    const kept = await caches.open(CACHE);
    await kept.addAll([location.pathname, ...new Set(parts.map((one) => one.pathname))]);
    await navigator.serviceWorker.ready;
    this.toggleAttribute("data-kept", true);
  }

  #say(place: string, text: string): void {
    const line = this.querySelector(place);
    if (line) line.textContent = text;
  }
}

/** What to call this phone in the register. */
function model(): string {
  const told = navigator as Navigator & { userAgentData?: { platform: string } };
  return (told.userAgentData?.platform || navigator.platform || "Phone").slice(0, 40);
}

customElements.define("phone-key", PhoneKey);
