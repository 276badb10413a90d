// What a visitor can try: four steps that are ticked off when they are done, then more.

const LOOK_MS = 200;
const MAX_LOOKS = 50;
const POINTED_MS = 2500;
const hint = document.getElementById("hint");
const day = document.getElementById("day");
const narrow = window.matchMedia("(max-width: 700px)");

/** Shows the first step that is not done, only commands that this person can use, and keywords in the lists. */
export function drawTour({ commands, suggestion, tour }) {
  for (const item of hint.querySelectorAll("[data-command]")) item.hidden = !commands.includes(item.dataset.command);
  for (const place of hint.querySelectorAll("[data-suggestion]")) place.textContent = suggestion;
  const steps = [...hint.querySelectorAll("[data-step]:not([hidden])")];
  for (const step of steps) step.dataset.done = String(tour.includes(step.dataset.step));
  const current = steps.find((step) => step.dataset.done === "false");
  for (const step of steps) {
    if (step === current) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  const isOver = steps.length > 0 && !current;
  document.getElementById("tour").hidden = isOver;
  document.getElementById("more").hidden = !isOver;
  document.getElementById("hint-title").textContent = isOver ? "Try next" : "Try this";
}

/** `frame` shows the channel, `home` opens the first one, and `leaveMenu` shows it on a phone. */
export function watchTour({ frame, home, leaveMenu }) {
  for (const button of hint.querySelectorAll("[data-types]")) {
    button.addEventListener("click", () => { leaveMenu(); type(frame, button.dataset.types); });
  }
  for (const button of hint.querySelectorAll("[data-finds]")) {
    button.addEventListener("click", () => { leaveMenu(); find(frame, button.dataset.finds, home); });
  }
  hint.hidden = sessionStorage.getItem("hint") === "closed";
  document.getElementById("hint-close").addEventListener("click", () => {
    hint.hidden = true;
    sessionStorage.setItem("hint", "closed");
  });
  narrow.addEventListener("change", place);
  place();
}

/** On a phone, above the channel, where it does not have to be looked for. */
function place() {
  if (narrow.matches) document.getElementById("bar").after(hint);
  else day.before(hint);
}

/** Types into the composer of the open channel, so that the visitor can continue. */
function type(frame, text) {
  const input = frame.hidden ? null : frame.contentDocument?.getElementById("channel-composer-input");
  if (!input) return;
  input.focus();
  input.value = text;
  input.dispatchEvent(new frame.contentWindow.Event("input", { bubbles: true }));
}

/** Scrolls to the newest button or menu with this text and points at it, in the first channel if need be. */
function find(frame, text, home, looks = 0) {
  const controls = frame.hidden ? [] : [...(frame.contentDocument?.querySelectorAll(".channel-message button") ?? [])];
  const found = controls.filter((control) => control.textContent.trim() === text).at(-1)
    ?? (looks ? controls.filter((control) => control.matches(".select-trigger") && text.startsWith("Open")).at(-1) : null);
  if (found) {
    found.scrollIntoView({ block: "center" });
    found.focus();
    found.classList.add("pointed");
    setTimeout(() => found.classList.remove("pointed"), POINTED_MS);
  } else if (looks < MAX_LOOKS) {
    if (looks === 0) home();
    setTimeout(() => find(frame, text, home, looks + 1), LOOK_MS);
  }
}
