// A question before something that cannot be undone: <form data-confirm="Sure?">. Our own dialog, since the browser's shows no design and no
// language of ours.
import { word } from "./words.ts";

export function ask(question: string, go: string, danger: boolean): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", question);
  const body = document.createElement("p");
  body.className = "dialog-body ask";
  body.textContent = question;
  const foot = document.createElement("form");
  foot.method = "dialog";
  foot.className = "dialog-foot";
  foot.append(choice(word("cancel"), "no"), choice(go || word("go_ahead"), "yes", danger ? "danger" : "primary"));
  dialog.append(body, foot);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
  });
}

function choice(text: string, value: string, kind?: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.className = "button";
  button.value = value;
  button.textContent = text;
  if (kind) button.dataset["kind"] = kind;
  return button;
}
