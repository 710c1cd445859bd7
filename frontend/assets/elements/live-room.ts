// <live-room id="deal" stream="uuid" sequence="41" refetch="/deals/x">…</live-room>
//
// Hears "this stream is at sequence n" and shows the present state. Hints may be lost, so they carry no news: what is shown is always fetched
// anew. A hint beyond the known sequence, and every return of the line, refetches `refetch` (this page by default), takes the element of the
// same id out of the answer and morphs it in, so that focus and typed words stay. `still` hears and dispatches but does not swap.
// Dispatches `room-moved` {sequence}, `room-refreshed`, `room-state` {state}.
import htmx from "htmx.org";
import type { Socket } from "socket.io-client";
import { word } from "./words.ts";

type Line = "live" | "reconnecting" | "offline" | "catching_up";
interface Hint {
  stream: string;
  sequence: number;
}

const PAUSE_MS = 250;
const RETRY_MS = 3000;
let socket: Promise<Socket> | undefined;

/** One line for the whole page, opened when the first room appears. */
function line(): Promise<Socket> {
  socket ??= import("socket.io-client").then(({ io }) =>
    io({ transports: ["websocket", "polling"], tryAllTransports: true, reconnectionDelayMax: 8000 }),
  );
  return socket;
}

class LiveRoom extends HTMLElement {
  #socket: Socket | undefined;
  #fetching = false;
  #behind = false;
  #known = 0;
  #met = false;

  async connectedCallback(): Promise<void> {
    this.#known = Number(this.getAttribute("sequence") ?? 0);
    this.#show("reconnecting");
    this.#socket = await line();
    if (!this.isConnected) return;
    this.#socket.on("connect", this.#connected);
    this.#socket.on("disconnect", this.#lost);
    this.#socket.on("connect_error", this.#lost);
    this.#socket.on("moved", this.#moved);
    if (this.#socket.connected) this.#connected();
  }

  disconnectedCallback(): void {
    this.#socket?.off("connect", this.#connected).off("disconnect", this.#lost).off("connect_error", this.#lost).off("moved", this.#moved);
    this.#socket?.emit("unwatch", this.#stream);
  }

  get #stream(): string {
    return this.getAttribute("stream") ?? "";
  }

  #connected = (): void => {
    this.#socket?.emit("watch", this.#stream, (answer: { watching: boolean }) => {
      if (!answer.watching) return this.#show("offline");
      // Whatever moved while nobody listened is caught up with, from the second time on.
      if (this.#met) void this.refresh();
      else this.#show("live");
      this.#met = true;
    });
  };

  #lost = (): void => this.#show(navigator.onLine ? "reconnecting" : "offline");

  #moved = (hint: Hint): void => {
    if (hint.stream !== this.#stream || hint.sequence <= this.#known) return;
    this.#known = hint.sequence;
    this.dispatchEvent(new CustomEvent("room-moved", { bubbles: true, detail: hint }));
    if (!this.hasAttribute("still")) void this.refresh();
  };

  /** Fetch and show the present state. Calls that come while one is under way are answered by one more. */
  async refresh(): Promise<void> {
    if (this.#fetching) {
      this.#behind = true;
      return;
    }
    this.#fetching = true;
    this.#show("catching_up");
    let pause = PAUSE_MS;
    try {
      await this.#swap();
      this.#show("live");
    } catch {
      this.#show("reconnecting");
      this.#behind = true;
      pause = RETRY_MS;
    }
    await new Promise((wake) => setTimeout(wake, pause));
    this.#fetching = false;
    if (this.#behind && this.isConnected) {
      this.#behind = false;
      await this.refresh();
    }
  }

  async #swap(): Promise<void> {
    const answer = await fetch(this.getAttribute("refetch") ?? location.href, {
      headers: { "HX-Request": "true", "HX-Target": `live-room#${this.id}` },
      cache: "no-store",
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(this.id) ?? page.body;
    this.#known = Math.max(this.#known, Number(fresh.getAttribute("sequence") ?? 0));
    await htmx.swap({ text: fresh.innerHTML, target: this, swap: "innerMorph", sourceElement: this });
    this.dispatchEvent(new CustomEvent("room-refreshed", { bubbles: true }));
  }

  #show(state: Line): void {
    if (this.getAttribute("state") === state) return;
    this.setAttribute("state", state);
    for (const lamp of document.querySelectorAll<HTMLElement>(`live-lamp[for="${CSS.escape(this.id)}"]`)) paint(lamp, state);
    this.dispatchEvent(new CustomEvent("room-state", { bubbles: true, detail: { state } }));
  }
}

const TONES: Record<Line, string> = { live: "ok", catching_up: "ok", reconnecting: "watch", offline: "danger" };

function paint(lamp: HTMLElement, state: Line): void {
  lamp.dataset["tone"] = TONES[state];
  // A refetch takes a moment; to flicker the word for it would only disquiet.
  lamp.textContent = word(state === "catching_up" ? "live" : state);
}

// <live-lamp for="room-id">: says by word and light whether that room is live. It may stand anywhere on the page, outside of the room's swaps.
class LiveLamp extends HTMLElement {
  connectedCallback(): void {
    this.setAttribute("role", "status");
    const room = document.getElementById(this.getAttribute("for") ?? "");
    paint(this, (room?.getAttribute("state") as Line | null) ?? "reconnecting");
  }
}

customElements.define("live-room", LiveRoom);
customElements.define("live-lamp", LiveLamp);
