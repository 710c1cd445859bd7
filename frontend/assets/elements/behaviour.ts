// Small behaviours that plain HTML asks for by data- attributes, on the document so that swapped-in parts have them too.
import { ask } from "./ask.ts";

function closest<T extends Element>(event: Event, selector: string): T | null {
  return event.target instanceof Element ? event.target.closest<T>(selector) : null;
}

document.addEventListener("click", (event) => {
  const opener = closest<HTMLElement>(event, "[data-open]");
  if (opener) (document.getElementById(opener.dataset["open"] ?? "") as HTMLDialogElement | null)?.showModal();
  closest(event, "[data-close]")?.closest("dialog")?.close();
  const dismisser = closest<HTMLElement>(event, "[data-dismiss]");
  if (dismisser) dismisser.closest(dismisser.dataset["dismiss"] ?? "")?.remove();
  if (closest(event, "[data-print]")) window.print();
  const here = closest<HTMLElement>(event, "[data-here]");
  if (here) searchFromHere(here.closest("form"), here.dataset["here"] ?? "");
  const dialog = event.target;
  if (dialog instanceof HTMLDialogElement && outside(dialog, event)) dialog.close();
});

/** Put where one is, as far as a city needs it, into a field of the form and search from there. Who does not tell it types a place. */
function searchFromHere(form: HTMLFormElement | null, name: string): void {
  const field = form?.elements.namedItem(name);
  if (!(field instanceof HTMLInputElement) || !("geolocation" in navigator)) return;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      field.value = `${coords.latitude.toFixed(2)}, ${coords.longitude.toFixed(2)}`;
      form?.requestSubmit();
    },
    () => field.focus(),
  );
}

/** A click on the backdrop is a click on the dialog outside of its box. */
function outside(dialog: HTMLDialogElement, click: MouseEvent): boolean {
  const box = dialog.getBoundingClientRect();
  return (
    click.clientX !== 0 && (click.clientX < box.left || click.clientX > box.right || click.clientY < box.top || click.clientY > box.bottom)
  );
}

// A dialog whose form was refused stands open again, with the reason in it.
for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[data-open-at-once]")) dialog.showModal();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  const submitter = (event as SubmitEvent).submitter;
  const question = submitter?.dataset["confirm"] ?? form.dataset["confirm"];
  if (question && !form.hasAttribute("data-answered")) {
    event.preventDefault();
    void askFirst(form, submitter, question);
    return;
  }
  form.removeAttribute("data-answered");
  // After this turn, so that the button's own name and value are still sent.
  if (submitter?.classList.contains("button") && form.method !== "dialog") setTimeout(() => submitter.setAttribute("aria-busy", "true"));
});

async function askFirst(form: HTMLFormElement, submitter: HTMLElement | null, question: string): Promise<void> {
  const words = submitter?.textContent?.trim() ?? "";
  if (!(await ask(question, words, submitter?.dataset["kind"] === "danger"))) return;
  form.setAttribute("data-answered", "");
  form.requestSubmit(submitter);
}

// A page that is shown again from the back-forward cache is not busy any more.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll(".button[aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select, [contenteditable]");
  if (typing) return;
  const wanted = document.querySelector<HTMLElement>(`[data-hotkey="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.focus();
});

// Selects and dates that filter a list send their form at once.
document.addEventListener("change", (event) => {
  if (closest(event, "[data-submits]")) (event.target as HTMLInputElement).form?.requestSubmit();
});

// Marks and avatars take their colour from a number; style attributes are barred by the content policy.
function colour(root: ParentNode): void {
  for (const mark of root.querySelectorAll<HTMLElement>("[data-hue]")) mark.style.setProperty("--hue", mark.dataset["hue"] ?? "268");
}

// htmx sends the form token with every request that changes something.
document.addEventListener("htmx:config:request", (event) => {
  const request = (event as CustomEvent).detail.ctx.request as { headers: Record<string, string> };
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  if (token) request.headers["X-CSRFToken"] = token;
});
document.addEventListener("htmx:after:swap", () => colour(document));

colour(document);
document.querySelector<HTMLElement>("[data-focus]")?.focus();
