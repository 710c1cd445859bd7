// <toast-stack>: short news that leave by themselves. `document.dispatchEvent(new CustomEvent("toast", {detail: {text, tone, href}}))`,
// or the server's header HX-Trigger: {"toast": {"text": "…", "tone": "ok"}}.
import { word } from "./words.ts";

export interface Toast {
  text: string;
  tone?: "ok" | "info" | "watch" | "danger";
  href?: string;
}

const STAY_MS = 6000;

export function toast(detail: Toast): void {
  document.dispatchEvent(new CustomEvent("toast", { detail }));
}

class ToastStack extends HTMLElement {
  #hear = (event: Event): void => this.#show((event as CustomEvent<Toast>).detail);

  connectedCallback(): void {
    document.addEventListener("toast", this.#hear);
  }

  disconnectedCallback(): void {
    document.removeEventListener("toast", this.#hear);
  }

  #show({ text, tone = "info", href }: Toast): void {
    const card = document.createElement("div");
    card.className = "callout";
    card.dataset["tone"] = tone;
    const body = document.createElement(href ? "a" : "span");
    if (href) (body as HTMLAnchorElement).href = href;
    body.className = "callout-body";
    body.textContent = text;
    const close = document.createElement("button");
    close.className = "icon-button";
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", word("dismiss"));
    close.addEventListener("click", () => card.remove());
    card.append(body, close);
    this.append(card);
    // What went wrong stays until it is read.
    if (tone !== "danger") window.setTimeout(() => card.remove(), STAY_MS);
  }
}

customElements.define("toast-stack", ToastStack);
