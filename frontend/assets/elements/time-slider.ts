// <time-slider start="…Z" end="…Z" at="…Z" for="twin">: walks a page through time. The slider, the steps (links [data-at]) and play all lead to
// this page's own address with ?at=<moment>, whose element of the id `for` is fetched and morphed in; the address bar follows, so that a moment
// can be shared. It plays in sixty frames; who asked for less motion is led from one thing that happened to the next instead.
// Keys on the slider: arrows and Page Up/Down as usual, Home and End; on the buttons Space and Enter. Without script a form and links remain.
import htmx from "htmx.org";
import { language } from "./words.ts";

const STEPS = 1000;
const FRAMES = 60;
const FRAME_MS = 500;
const STEP_MS = 2000;
const SETTLE_MS = 140;

class TimeSlider extends HTMLElement {
  #playing: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #fetching = false;
  #wanted: number | undefined;

  connectedCallback(): void {
    this.addEventListener("input", (event) => this.#slid(event));
    this.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("htmx:after:swap", this.#fresh);
    this.#fresh();
  }

  disconnectedCallback(): void {
    this.#stop();
    clearTimeout(this.#settling);
    document.removeEventListener("htmx:after:swap", this.#fresh);
  }

  get #start(): number {
    return Date.parse(this.getAttribute("start") ?? "");
  }

  get #end(): number {
    return Date.parse(this.getAttribute("end") ?? "");
  }

  get #at(): number {
    return Date.parse(this.getAttribute("at") ?? this.getAttribute("end") ?? "");
  }

  get #range(): HTMLInputElement {
    return this.querySelector("input[type=range]") as HTMLInputElement;
  }

  get #steps(): number[] {
    return [...this.querySelectorAll<HTMLElement>("[data-at]")].map((step) => Date.parse(step.dataset["at"] ?? ""));
  }

  /** After each swap: the slider stands where the page does, and the marks where something happened. */
  #fresh = (): void => {
    if (document.activeElement !== this.#range || !this.#settling) this.#range.value = String(this.#place(this.#at));
    this.#tell(this.#at);
    const marks = this.querySelector(".time-marks");
    marks?.replaceChildren(...[...this.querySelectorAll<HTMLElement>("[data-at]")].map((step) => this.#mark(step)));
    this.toggleAttribute("playing", this.#playing !== undefined);
    this.#name();
  };

  #mark(step: HTMLElement): SVGElement {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    mark.setAttribute("viewBox", "0 0 4 10");
    mark.dataset["tone"] = step.closest<HTMLElement>("[data-tone]")?.dataset["tone"] ?? "info";
    mark.innerHTML = '<rect width="4" height="10" rx="1"/>';
    mark.style.insetInlineStart = `${this.#place(Date.parse(step.dataset["at"] ?? "")) / (STEPS / 100)}%`;
    return mark;
  }

  #place(moment: number): number {
    return Math.round((Math.min(Math.max(moment, this.#start), this.#end) - this.#start) / ((this.#end - this.#start) / STEPS));
  }

  #tell(moment: number): void {
    const form = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short", hourCycle: "h23", timeZone: this.getAttribute("zone") ?? "UTC" });
    const words = form.format(moment);
    const output = this.querySelector("output");
    if (output && this.hasAttribute("at")) output.textContent = words;
    this.#range.setAttribute("aria-valuetext", words);
  }

  #slid(event: Event): void {
    if (event.target !== this.#range) return;
    this.#stop();
    const moment = this.#start + (Number(this.#range.value) * (this.#end - this.#start)) / STEPS;
    this.setAttribute("at", stamp(moment));
    this.#tell(moment);
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      void this.#go(moment);
    }, SETTLE_MS);
  }

  #clicked(event: Event): void {
    const target = event.target instanceof Element ? event.target : null;
    const step = target?.closest<HTMLElement>("[data-at]");
    if (step) {
      event.preventDefault();
      this.#stop();
      void this.#go(Date.parse(step.dataset["at"] ?? ""));
    }
    const way = target?.closest<HTMLElement>("[data-go]")?.dataset["go"];
    if (way === "play") this.#playing === undefined ? this.#play() : this.#stop();
    else if (way) {
      this.#stop();
      void this.#go(way === "before" ? this.#before() : (this.#after() ?? this.#end));
    }
  }

  #before(): number {
    return this.#steps.filter((step) => step < this.#at).pop() ?? this.#start;
  }

  #after(): number | undefined {
    return this.#steps.find((step) => step > this.#at);
  }

  #play(): void {
    const from = this.#at >= this.#end ? this.#start : this.#at;
    this.#playing = setTimeout(() => void this.#frame(), FRAME_MS);
    void this.#go(from);
  }

  async #frame(): Promise<void> {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const next = calm ? (this.#after() ?? this.#end) : Math.min(this.#end, this.#at + (this.#end - this.#start) / FRAMES);
    await this.#go(next);
    if (this.#playing === undefined || !this.isConnected) return;
    if (this.#at >= this.#end) return this.#stop();
    this.#playing = setTimeout(() => void this.#frame(), calm ? STEP_MS : FRAME_MS);
  }

  #stop(): void {
    clearTimeout(this.#playing);
    this.#playing = undefined;
    this.toggleAttribute("playing", false);
    this.#name();
  }

  /** What the button does next is its name. */
  #name(): void {
    const button = this.querySelector<HTMLElement>("[data-go=play]");
    button?.setAttribute("aria-label", (this.#playing === undefined ? button.dataset["play"] : button.dataset["pause"]) ?? "");
  }

  /** Show a moment. What is asked for while one is under way is shown after it, the last of them only. */
  async #go(moment: number): Promise<void> {
    this.#wanted = moment;
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      while (this.#wanted !== undefined) {
        const next = this.#wanted;
        this.#wanted = undefined;
        await this.#show(next);
      }
    } finally {
      this.#fetching = false;
    }
  }

  async #show(moment: number): Promise<void> {
    const address = new URL(location.href);
    address.searchParams.set("at", stamp(moment));
    const room = document.getElementById(this.getAttribute("for") ?? "");
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected || !room) return this.#stop();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    history.replaceState(history.state, "", address);
    await htmx.swap({ text: page.getElementById(room.id)?.innerHTML ?? "", target: room, swap: "innerMorph", sourceElement: room });
    document.querySelector(".page-head .actions")?.replaceChildren(...(page.querySelector(".page-head .actions")?.childNodes ?? []));
  }
}

function stamp(moment: number): string {
  return new Date(moment).toISOString();
}

customElements.define("time-slider", TimeSlider);
