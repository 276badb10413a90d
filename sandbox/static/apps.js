// The Apps menu of a message, with its message commands: by its button, by right-clicking, or by holding it.

import { useOnMessage } from "/wire.js";
import { notice } from "/failures.js";

const NO_ANSWER = "The application did not respond";
const timeline = document.getElementById("channel-timeline");
let menu = null;

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function hasApps(message) {
  return message && !message.querySelector(".message-ephemeral-note") && window.parent.sandboxMessageCommands?.length > 0;
}

/** Adds the button to each message that commands can be used on. */
export function decorateActions() {
  for (const message of timeline.querySelectorAll(".channel-message")) {
    if (message.querySelector(".apps-button") || !hasApps(message)) continue;
    const button = make("button", "message-action-button apps-button", "⋯");
    button.type = "button";
    button.setAttribute("aria-label", "Apps");
    button.setAttribute("aria-haspopup", "menu");
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      const { left, bottom } = button.getBoundingClientRect();
      open(message, left, bottom);
    });
    let toolbar = message.querySelector(".message-context-actions");
    if (!toolbar) message.append(toolbar = make("div", "message-context-actions"));
    toolbar.append(button);
  }
}

function open(message, x, y) {
  close();
  menu = make("div", "apps-menu");
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", "Apps");
  menu.append(make("p", "apps-heading", "Apps"));
  for (const command of window.parent.sandboxMessageCommands) {
    const item = make("button", "apps-item", command);
    item.type = "button";
    item.setAttribute("role", "menuitem");
    item.addEventListener("click", () => { close(); use(command, message.dataset.messageId); });
    menu.append(item);
  }
  document.body.append(menu);
  menu.style.left = `${Math.max(8, Math.min(x, window.innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, window.innerHeight - menu.offsetHeight - 8))}px`;
  menu.querySelector("button").focus();
}

async function use(command, messageId) {
  timeline.dispatchEvent(new Event("follow"));
  const isAnswered = await useOnMessage(command, messageId).catch(() => false);
  if (!isAnswered) notice(command, NO_ANSWER);
}

function close() {
  menu?.remove();
  menu = null;
}

timeline.addEventListener("contextmenu", (event) => {
  const message = event.target.closest(".channel-message");
  if (event.target.closest("a, input, textarea") || !hasApps(message)) return;
  event.preventDefault();
  open(message, event.clientX, event.clientY);
});
document.addEventListener("click", (event) => { if (!event.target.closest(".apps-menu")) close(); });
document.addEventListener("keydown", (event) => {
  if (!menu) return;
  const items = [...menu.querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: items.length - 1 }[event.key];
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (step) items[(items.indexOf(document.activeElement) + step) % items.length].focus();
}, true);
