// Additions to SimCord's channel page. Loaded before its scripts, so that requests are intercepted from the start.

import { decorateComposer } from "/typing.js";
import { decorateFailures } from "/failures.js";
import { decorateActions } from "/apps.js";

const NEAR_PIXELS = 120;
const TICK_MS = 10_000;
const SETTLED_MS = 300;
const OPENED_MS = 1500;
const DAY_MS = 86_400_000;
const RELATIVE = /^(now|in .*|.* ago|yesterday|tomorrow|(next|last|this) \w+)$/;
const UNITS = [["second", 1, 60], ["minute", 60, 3600], ["hour", 3600, 86_400], ["day", 86_400, 604_800], ["week", 604_800, Infinity]];
const timeline = document.getElementById("channel-timeline");
const dismissed = new Set(JSON.parse(sessionStorage.getItem("dismissed") ?? "[]"));
let following = false; // a channel opens at the top of its newest message

// The newest message stays in view until the reader scrolls up, and again after sending.

for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  timeline.addEventListener(kind, () => { following = false; setTimeout(look, SETTLED_MS); }, { passive: true });
}
timeline.addEventListener("pointerup", look);
timeline.addEventListener("follow", () => { following = true; }); // an answer is on its way
timeline.addEventListener("scroll", follow); // SimCord's page scrolls, too
document.getElementById("channel-composer").addEventListener("submit", () => { following = true; }, true);
document.getElementById("channel-composer").addEventListener("keydown", ({ key }) => { if (key === "Enter") following = true; }, true);
document.getElementById("new-messages").addEventListener("click", () => { following = true; follow(); });
new ResizeObserver(follow).observe(timeline);
new MutationObserver(() => { decorate(); follow(); }).observe(timeline, { childList: true, subtree: true });
new MutationObserver(decorate).observe(document.getElementById("channel-composer"), { childList: true, subtree: true });
new MutationObserver(decorate).observe(document.getElementById("modal-root"), { childList: true, subtree: true });
setTimeout(look, OPENED_MS);

function look() {
  following = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < NEAR_PIXELS;
}

function follow() {
  const end = timeline.scrollHeight - timeline.clientHeight;
  if (following && timeline.scrollTop < end - 1) timeline.scrollTop = end;
}

function decorate() {
  decorateComposer();
  decorateFailures();
  decorateActions();
  nameDays();
  for (const avatar of timeline.querySelectorAll(".message-avatar:not([data-letter])")) drawAvatar(avatar);
  for (const note of timeline.querySelectorAll(".message-ephemeral-note:not(.whole)")) makeDismissible(note);
}

/** Shows "Today at 9:00 AM" like Discord, and updates it when the sandbox's day changes. The clock is in UTC. */
function nameDays() {
  const today = Math.floor((Date.now() + (window.parent.sandboxAhead ?? 0)) / DAY_MS);
  for (const time of timeline.querySelectorAll(".message-time")) {
    if (time.dataset.named === String(today) || time.firstChild?.nodeType !== Node.TEXT_NODE) continue;
    time.dataset.named = String(today);
    const when = new Date(time.dateTime);
    const clock = when.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit", timeZone: "UTC" });
    const date = when.toLocaleDateString("en-US", { timeZone: "UTC" });
    const named = ["Today at ", "Yesterday at "][today - Math.floor(when / DAY_MS)] ?? `${date} `;
    time.firstChild.textContent = named + clock;
  }
}

function drawAvatar(avatar) {
  const name = avatar.parentElement.querySelector(".message-author")?.textContent ?? "";
  if (avatar.querySelector("img[src]")) return;
  avatar.dataset.letter = name[0] ?? "";
  if (name.startsWith("Ada")) avatar.dataset.person = "0";
  else if (name.startsWith("Ben")) avatar.dataset.person = "1";
}

function makeDismissible(note) {
  const message = note.closest(".channel-message");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "dismiss";
  button.textContent = "Dismiss message";
  button.addEventListener("click", () => {
    dismissed.add(message.dataset.messageId);
    sessionStorage.setItem("dismissed", JSON.stringify([...dismissed]));
    message.hidden = true;
  });
  note.classList.add("whole");
  note.append(" · ", button);
  message.append(note); // below the message, as in Discord
  message.hidden = dismissed.has(message.dataset.messageId);
}

// Links to channels and messages open in this page, because they don't exist on discord.com.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='https://discord.com/channels/']");
  const mention = event.target.closest?.(".mention");
  if (link) {
    event.preventDefault();
    window.parent.postMessage({ open: new URL(link.href).pathname.split("/")[3] }, window.location.origin);
  } else if (mention?.textContent.startsWith("#")) {
    window.parent.postMessage({ openNamed: mention.textContent.slice(1) }, window.location.origin);
  }
}, true);

// "5 minutes ago" follows the sandbox's clock.

function tick() {
  nameDays();
  const now = Date.now() + (window.parent.sandboxAhead ?? 0);
  for (const time of timeline.querySelectorAll("time.discord-timestamp")) {
    if (!RELATIVE.test(time.textContent)) continue;
    const seconds = (Date.parse(time.dateTime) - now) / 1000;
    const [unit, length] = UNITS.find(([, size, end]) => Math.round(Math.abs(seconds) / size) * size < end);
    const text = new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / length), unit);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, TICK_MS);
