import { byId } from "./elements.ts";

/** The form: Enter sends, Shift+Enter starts a new line, the arrows bring back what was said before. */
export function createComposer(send: (text: string) => void) {
  const form = byId("composer", HTMLFormElement);
  const box = byId("message", HTMLTextAreaElement);
  const said: string[] = [];
  let recalled = 0;

  const show = (text: string) => {
    box.value = text;
    box.setSelectionRange(text.length, text.length);
    grow(box);
  };
  const submit = (text: string) => {
    const words = text.trim();
    if (words === "") return;
    if (said.at(-1) !== words) said.push(words);
    recalled = said.length;
    send(words);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    show("");
    submit(text);
  });
  box.addEventListener("input", () => grow(box));
  box.addEventListener("keydown", (event) => {
    // While a word is being composed (Japanese, dead keys) Enter belongs to the composition.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const untouched = box.value === "" ? step < 0 : box.value === said[recalled];
    if (step === 0 || !untouched) return;
    event.preventDefault();
    recalled = Math.min(Math.max(recalled + step, 0), said.length);
    show(said[recalled] ?? "");
  });
  byId("suggestions", HTMLUListElement).addEventListener("click", (event) => {
    if (event.target instanceof HTMLButtonElement) submit(event.target.textContent ?? "");
  });

  return {
    /** Puts back what could not be sent, unless something else is being written. */
    restore(text: string): void {
      if (box.value === "") show(text);
    },
  };
}

function grow(box: HTMLTextAreaElement): void {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 160)}px`;
}
