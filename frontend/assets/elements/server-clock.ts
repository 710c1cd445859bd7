// <server-clock now="ISO" zone="Asia/Shanghai" sync="/time" form="short|long">: the server's date and time, ticking.
import { everySecond, resync, serverNow } from "./server-time.ts";
import { language } from "./words.ts";

// A driven clock leaps: so a clock with an address asks often, and whenever a room on the page has moved.
const RESYNC_MS = 60_000;

class ServerClock extends HTMLElement {
  #stop: (() => void) | undefined;
  #timer = 0;
  #seen = (): void => {
    if (!document.hidden) this.#ask();
  };
  #moved = (): void => this.#ask();

  connectedCallback(): void {
    const face = document.createElement("time");
    this.replaceChildren(face);
    const format = new Intl.DateTimeFormat(language(), this.#form());
    this.#stop = everySecond(() => {
      const now = new Date(serverNow());
      face.dateTime = now.toISOString();
      face.textContent = format.format(now);
    });
    this.#timer = window.setInterval(() => this.#ask(), RESYNC_MS);
    document.addEventListener("visibilitychange", this.#seen);
    document.addEventListener("room-moved", this.#moved);
  }

  disconnectedCallback(): void {
    this.#stop?.();
    window.clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
    document.removeEventListener("room-moved", this.#moved);
  }

  #ask(): void {
    const address = this.getAttribute("sync");
    if (address) void resync(address);
  }

  #form(): Intl.DateTimeFormatOptions {
    const zone = this.getAttribute("zone") ?? "Asia/Shanghai";
    const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
    if (this.getAttribute("form") === "long") return { ...time, year: "numeric", month: "short", day: "numeric", timeZoneName: "short" };
    return { ...time, month: "short", day: "numeric" };
  }
}

customElements.define("server-clock", ServerClock);
