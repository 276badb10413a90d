// Draws the list of channels, the posts of a forum, and the members.

const SIGNS = { text: "#", news: "📣", forum: "💬", post: "", thread: "", dm: "" };
const POSTS_LISTED = 5; // below a forum; the forum itself shows all of them

function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function place(row, { current, unread, open }) {
  const name = row.name ?? "";
  const sign = make("span", "sign", SIGNS[row.kind] || (row.kind === "dm" ? name[0] : "╰"));
  sign.setAttribute("aria-hidden", "true");
  const button = make("button", row.kind, sign, make("span", "name", name));
  button.type = "button";
  button.title = name;
  button.dataset.channel = row.id;
  const isUnread = unread(row);
  button.dataset.unread = String(isUnread);
  button.setAttribute("aria-label", isUnread ? `${name}, unread` : name);
  if (row.id === current.id) button.setAttribute("aria-current", "page");
  button.addEventListener("click", () => open(row.id));
  return make("li", "", button);
}

function listed(rows, { current, unread }) {
  const shown = new Map();
  return rows.filter((row) => {
    if (row.kind !== "post") return true;
    const before = shown.get(row.forum) ?? 0;
    if (before >= POSTS_LISTED && row.id !== current.id) return false;
    shown.set(row.forum, before + 1);
    return true;
  });
}

export function drawPlaces(rows, options) {
  const list = document.getElementById("channels");
  const focused = document.activeElement?.closest?.("#channels")
    ? document.activeElement.dataset.channel : null;
  const drawn = listed(rows, options);
  const items = drawn.map((row) => place(row, options));
  const direct = drawn.findIndex((row) => row.kind === "dm");
  if (direct >= 0) items.splice(direct, 0, make("li", "heading", "Direct messages"));
  list.replaceChildren(make("li", "heading", "Channels"), ...items);
  if (focused) list.querySelector(`[data-channel="${focused}"]`)?.focus();
}

function ago(moment) {
  const minutes = Math.round((Date.now() + (window.sandboxAhead ?? 0) - Date.parse(moment)) / 60_000);
  const format = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  if (minutes < 60) return minutes < 1 ? "now" : format.format(-minutes, "minute");
  return minutes < 48 * 60 ? format.format(-Math.round(minutes / 60), "hour") : format.format(-Math.round(minutes / 1440), "day");
}

export function drawPosts(rows, { unread, open }) {
  const cards = rows.map((row) => {
    const button = make("button", "post-card");
    button.type = "button";
    button.dataset.unread = String(unread(row));
    if (row.tags.length) button.append(make("span", "tags", ...row.tags.map((tag) => make("span", "tag", tag))));
    button.append(make("strong", "", row.name));
    button.append(make("span", "text", make("b", "", row.author ?? ""), `: ${row.text}`));
    const messages = row.messages > 1 ? `${row.messages} messages · ` : "";
    button.append(make("small", "", row.at ? `${messages}${ago(row.at)}` : messages));
    button.addEventListener("click", () => open(row.id));
    return make("li", "", button);
  });
  document.getElementById("posts").replaceChildren(...cards);
  document.getElementById("no-posts").hidden = cards.length > 0;
}

export function drawPeople(people) {
  const members = document.getElementById("members");
  const online = people.filter((who) => who.is_online);
  const group = (title, those) => those.length ? [make("h2", "", `${title} — ${those.length}`), make("ul", "", ...those.map(member))] : [];
  members.replaceChildren(...group("Online", online), ...group("Offline", people.filter((who) => !who.is_online)));
}

function member(who) {
  const avatar = make("span", "avatar", who.name[0]);
  avatar.setAttribute("aria-hidden", "true");
  if (who.is_bot) avatar.dataset.person = "bot";
  else avatar.dataset.person = who.name.startsWith("Ada") ? "0" : "1";
  const item = make("li", who.is_online ? "" : "offline", avatar, make("span", "name", who.name));
  if (who.is_bot) item.append(make("span", "app", "APP"));
  return item;
}
