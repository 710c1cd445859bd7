// Words that elements show on their own. The server writes them in the reader's language into a JSON island.
let words: Record<string, string> | undefined;

export function word(key: string, facts: Record<string, string | number> = {}): string {
  words ??= JSON.parse(document.getElementById("element-words")?.textContent ?? "{}") as Record<string, string>;
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name: string) => String(facts[name] ?? place));
}

/** The locale of figures and dates, the same as the server's: English is not American English, whose clock has twelve hours. */
export function language(): string {
  const lang = document.documentElement.lang || "en";
  return lang === "en" ? "en-GB" : lang;
}
