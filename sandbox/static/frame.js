// The list of channels beside the page that shows one of them.

const REFRESH_MS = 1500;
const SIGNS = { text: "#", news: "📣", forum: "💬", thread: "↳", dm: "@" };
const key = document.body.dataset.key;
const frame = document.getElementById("channel");
const list = document.getElementById("channels");
const seen = new Map();
let chosen = null;
let drawn = "";

function open(channel) {
  chosen = channel.id;
  frame.src = `/channel?id=${channel.id}#${key}.${channel.id}`;
  frame.title = channel.name;
  window.history.replaceState(null, "", `#${channel.id}`);
}

function row(channel) {
  const button = document.createElement("button");
  const sign = document.createElement("span");
  sign.textContent = SIGNS[channel.kind];
  button.append(sign, channel.name ?? "");
  button.className = channel.kind;
  button.disabled = channel.kind === "forum"; // it holds posts, not messages; they are listed below it
  if (channel.id === chosen) button.setAttribute("aria-current", "page");
  else if (seen.get(channel.id) !== channel.newest) button.classList.add("unread");
  button.addEventListener("click", () => { open(channel); void refresh(); });
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function draw({ server, channels }) {
  document.getElementById("server").textContent = server;
  for (const channel of channels) {
    if (!seen.has(channel.id)) seen.set(channel.id, chosen === null ? channel.newest : "0");
  }
  if (chosen === null) open(channels.find((channel) => `#${channel.id}` === window.location.hash) ?? channels[0]);
  const current = channels.find((channel) => channel.id === chosen);
  if (current) seen.set(current.id, current.newest);
  const state = JSON.stringify([channels, chosen]);
  if (state === drawn) return;
  drawn = state;
  const dms = document.createElement("li");
  dms.textContent = "Direct messages";
  dms.className = "heading";
  const rows = channels.map(row);
  rows.splice(channels.findIndex((channel) => channel.kind === "dm"), 0, dms);
  list.replaceChildren(...rows);
}

async function refresh() {
  const first = chosen ?? document.body.dataset.first;
  const answer = await fetch("/channels", { headers: { "X-Simcord-Capability": `${key}.${first}` }, cache: "no-store" });
  if (answer.status === 401) window.location.reload(); // the sandbox was started anew
  else if (answer.ok) draw(await answer.json());
}

async function watch() {
  document.body.classList.remove("gone");
  try { await refresh(); } catch { document.body.classList.add("gone"); }
  setTimeout(watch, REFRESH_MS);
}

void watch();
