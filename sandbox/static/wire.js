// Intercepts the requests of SimCord's page: notifies listeners of answers, and retries actions that were rejected
// only because the page had not loaded the newest messages yet.

const AGAIN = { "stale-revision": 4, "command-unavailable": 2, busy: 20 }; // the maximum number of attempts
const WAIT_MS = 250;
const ask = window.fetch.bind(window);
const listeners = [];

/** The options of each command, by the control key of the composer's fields. */
export const options = new Map();
export const application = { name: "The bot" };
let key = ""; // of this channel and person

/** Calls the listener with each answered action before SimCord's page sees it. It can change the receipt. */
export function onReceipt(listener) {
  listeners.push(listener);
}

/** Uses a command of the Apps menu on a message; whether the bot answered in time. */
export async function useOnMessage(command, message) {
  const headers = { "X-Simcord-Capability": key };
  const answer = await ask("/message-command", { method: "POST", headers, body: JSON.stringify({ command, message }) });
  return answer.ok && (await answer.json()).is_answered;
}

window.fetch = async (address, request) => {
  key = request?.headers?.["X-Simcord-Capability"] ?? key;
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
