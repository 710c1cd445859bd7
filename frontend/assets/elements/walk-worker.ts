// The walk without a line: what was kept of the page and its parts is shown where the server does not answer. Reaches the walk and nothing else.
interface Asked extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
  waitUntil(work: Promise<unknown>): void;
}

const CACHE = "bailee-walk";
const WALK = /^\/((stocktakes|patrols)\/[0-9a-f-]+\/walk$|assets\/)/;
const worker = self as unknown as EventTarget & { skipWaiting(): Promise<void>; clients: { claim(): Promise<void> } };

async function answered(request: Request): Promise<Response> {
  try {
    const fresh = await fetch(request);
    if (fresh.ok && !fresh.redirected) await (await caches.open(CACHE)).put(new URL(request.url).pathname, fresh.clone());
    return fresh;
  } catch {
    return (await caches.match(new URL(request.url).pathname)) ?? Response.error();
  }
}

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => (event as Asked).waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { request } = event as Asked;
  if (request.method === "GET" && WALK.test(new URL(request.url).pathname)) (event as Asked).respondWith(answered(request));
});
