// Stands between SimCord's page and the server: hears what was asked and answered, and asks again where an
// action was refused only because the page had not seen the newest messages yet.

const AGAIN = { "stale-revision": 4, "command-unavailable": 2, busy: 20 }; // how often an action is sent at most
const WAIT_MS = 250;
const ask = window.fetch.bind(window);
const listeners = [];

/** The options of each command by their control key, as the composer's fields have it. */
export const options = new Map();
export const application = { name: "The bot" };

/** Hears of each action that was answered, before SimCord's page does; may change the receipt. */
export function onReceipt(listener) {
  listeners.push(listener);
}

window.fetch = async (address, request) => {
  if (address === "/api/action") return act(request);
  const answer = await ask(address, request);
  if (address === "/api/commands" && answer.ok) note(await answer.clone().json());
  return answer;
};

function note(catalog) {
  application.name = catalog.application?.name ?? application.name;
  for (const { commandId, path, options: listed } of catalog.entries) {
    for (const option of listed) options.set(`command:${commandId}:${path.join(".")}:option:${option.name}`, option);
  }
}

async function act(request) {
  const isText = typeof request.body === "string";
  const sent = JSON.parse(isText ? request.body : request.body.get("payload"));
  for (let tries = 1; ; tries += 1) {
    const answer = await ask("/api/action", isText ? { ...request, body: JSON.stringify(sent) } : request);
    if (!answer.ok) return answer;
    const receipt = await answer.json();
    const code = receipt.rejected ? receipt.diagnostics?.[0]?.code : null;
    if (!isText || tries >= (AGAIN[code] ?? 1)) {
      for (const listener of listeners) listener(sent, receipt);
      return new Response(JSON.stringify(receipt), { headers: { "Content-Type": "application/json" } });
    }
    await new Promise((resolve) => { setTimeout(resolve, WAIT_MS); });
    const { "Content-Type": _, ...headers } = request.headers;
    const state = await ask("/api/state", { headers, cache: "no-store" });
    if (state.ok) sent.published_revision = (await state.json()).publishedRevision;
  }
}
