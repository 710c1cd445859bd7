// The phone's own memory: a key that signs and cannot be taken out, the hash of its last statement, and what waits for a line.
import { serverNow } from "./server-time.ts";

export interface Place {
  latitude: number;
  longitude: number;
  accuracy: number;
}
/** What the phone says; signed as the text that it becomes, with its form, the time and the statement before. */
export type Said = Record<string, string | boolean | Place | null>;
/** `about`: what it is about, so that its element on the page hears the answer. `body`: what goes along unsigned, such as a picture. */
export interface Waiting {
  id?: number;
  address: string;
  about: string;
  body: Record<string, string>;
  key: string;
}
interface Remembered {
  pair: CryptoKeyPair;
  fingerprint: string;
  head: string;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
let opened: Promise<IDBDatabase> | undefined;
let phoneId = "";

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("bailee-phone", 1);
    asked.onupgradeneeded = (): void => {
      asked.result.createObjectStore("own");
      asked.result.createObjectStore("waiting", { keyPath: "id", autoIncrement: true });
    };
    asked.onsuccess = (): void => resolve(asked.result);
    asked.onerror = (): void => reject(asked.error);
  });
  return opened;
}

async function run<T>(store: string, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const held = (await database()).transaction(store, mode);
  const asked = act(held.objectStore(store));
  return new Promise((resolve, reject) => {
    held.oncomplete = (): void => resolve(asked.result);
    held.onabort = held.onerror = (): void => reject(held.error);
  });
}

/** The phone's key, made when it is first needed. `extractable` is false: not even this page can read its secret half. */
export async function remembered(): Promise<Remembered> {
  const known = await run<Remembered | undefined>("own", "readonly", (store) => store.get("phone"));
  if (known) return known;
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const fresh = { pair, fingerprint: spaced((await digest(await publicKey(pair))).slice(0, 16)), head: "" };
  await run("own", "readwrite", (store) => store.put(fresh, "phone"));
  return fresh;
}

export async function publicKey(pair: CryptoKeyPair): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
}

export function signsAs(id: string): void {
  phoneId = id;
}

/** Sign what is said and keep it until it was taken, with whatever goes along. The next statement names this one. */
export async function keepSigned(address: string, about: string, form: string, said: Said, along: Record<string, string> = {}): Promise<void> {
  const known = await remembered();
  const statement = JSON.stringify({ form, ...said, taken_at: new Date(serverNow()).toISOString(), previous: known.head });
  const text = new TextEncoder().encode(statement);
  const signature = new Uint8Array(await crypto.subtle.sign(SIGNING, known.pair.privateKey, text));
  const head = await digest(text);
  const body = { ...along, phone_id: phoneId, statement, signature: base64(signature) };
  await run("waiting", "readwrite", (store) => store.add({ address, about, body, key: head } satisfies Waiting));
  await run("own", "readwrite", (store) => store.put({ ...known, head }, "phone"));
}

export function waiting(): Promise<Waiting[]> {
  return run<Waiting[]>("waiting", "readonly", (store) => store.getAll());
}

/** Send what waits, in the order in which it was signed. Stops at the first that gets no answer; an answer of either kind ends the waiting. */
export async function sendWaiting(tell: (about: string, answer: Response) => Promise<void>): Promise<void> {
  for (const one of await waiting()) {
    const answer = await fetch(one.address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Requested-With": "bailee", "Idempotency-Key": one.key, "Accept-Language": document.documentElement.lang },
      body: JSON.stringify({ ...one.body, phone_id: one.body["phone_id"] || phoneId }),
    });
    if (answer.status >= 500 || answer.status === 401) throw new Error(String(answer.status));
    await run("waiting", "readwrite", (store) => store.delete(one.id as number));
    await tell(one.about, answer);
  }
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}

/** SHA-256 in hexadecimal digits. */
export async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function spaced(digits: string): string {
  return (digits.toUpperCase().match(/.{4}/g) ?? []).join(" ");
}

const PLACE_MS = 8000;

/** Where the phone is, or null where it will not or cannot say. */
export function whereabouts(): Promise<Place | null> {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PLACE_MS, maximumAge: 0 },
    );
  });
}
