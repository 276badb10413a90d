// The composer as Discord has it: an empty field asks for its choices at once, and a chosen one shows its name.

import { onReceipt, options } from "/wire.js";

const REQUIRED = "This field is required.";
const composer = document.getElementById("channel-composer");
const asked = new WeakSet(); // fields that have asked while they were empty
const labels = new Map(); // what a value is called, by control key and value
let isAsking = false;

onReceipt((sent, receipt) => {
  if (sent.kind !== "autocomplete_command") return;
  isAsking = false;
  const key = `command:${sent.command_id}:${sent.path.join(".")}:option:${sent.focused}`;
  for (const choice of receipt.result?.choices ?? []) labels.set(`${key} ${choice.value}`, choice.name);
});

composer.addEventListener("focusin", ({ target }) => {
  decorateComposer();
  const option = options.get(target.dataset?.controlKey);
  // Typing ends an error that is shown; so one that has just been shown stays.
  if (!option?.autocomplete || target.value || target.ariaInvalid || asked.has(target)) return;
  asked.add(target);
  queueMicrotask(() => target.dispatchEvent(new Event("input", { bubbles: true })));
});
composer.addEventListener("focusout", () => queueMicrotask(decorateComposer));
composer.addEventListener("input", ({ target }) => {
  if (options.get(target.dataset?.controlKey)?.autocomplete) isAsking = true;
}, true);

// A choice taken by the keyboard closes the list: left open, the next Enter would choose again, not send.
composer.addEventListener("keydown", ({ key, target }) => {
  const name = target.dataset?.option;
  if (key !== "Enter" || !name || !composer.querySelector(".command-popup:not([hidden]) [aria-selected='true']")) return;
  setTimeout(() => {
    const popup = composer.querySelector(".command-popup");
    const field = document.activeElement;
    if (popup && field.dataset?.option === name && field.value) popup.hidden = true;
    decorateComposer();
  });
}, true);

function labelOf(field) {
  const key = field.dataset.controlKey;
  const choice = options.get(key)?.choices?.find((known) => String(known.value) === field.value);
  return choice?.name ?? labels.get(`${key} ${field.value}`);
}

export function decorateComposer() {
  const isListOpen = composer.querySelector(".command-popup:not([hidden])") !== null;
  for (const field of composer.querySelectorAll(".command-option-input")) {
    const pill = field.closest(".command-pill");
    const label = field === document.activeElement && isListOpen ? null : labelOf(field);
    if (label && label !== field.value) pill.dataset.shown = label;
    else delete pill.dataset.shown;
  }
  for (const error of composer.querySelectorAll(".command-error")) {
    if (error.textContent === REQUIRED) error.textContent = "This option is required. Specify a value.";
  }
  const heading = composer.querySelector(".command-popup-heading");
  if (heading?.textContent.trim() === "OPTIONS MATCHING") heading.textContent = "OPTIONS";
  const empty = composer.querySelector(".command-empty");
  const text = isAsking ? "Loading options…" : "No options match your search.";
  if (empty && /^(No options|Loading options…)/.test(empty.textContent) && empty.textContent !== text) empty.textContent = text;
}
