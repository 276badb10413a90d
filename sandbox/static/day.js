// The sandbox's day, and the button that moves to the next one.

const button = document.getElementById("next-day");
const why = document.getElementById("why-not");
const moved = document.getElementById("moved");
let isMoving = false;

function short(label) {
  return label.replace(/ \d{4}$/, "");
}

export function drawDay(calendar) {
  document.getElementById("today").textContent = calendar.label;
  document.getElementById("source").textContent = calendar.source === "live" ? "live lists" : "sample lists";
  if (isMoving) return;
  button.disabled = calendar.next === null;
  button.textContent = calendar.next ? `Next day ▸ ${short(calendar.next_label)}` : "Next day ▸";
  why.hidden = !calendar.why_not;
  why.textContent = calendar.why_not ?? "";
}

export function watchDay({ move, refresh }) {
  button.addEventListener("click", async () => {
    isMoving = true;
    button.disabled = true;
    button.textContent = "Moving…";
    moved.textContent = "";
    try {
      const { is_moved: isMoved, calendar } = await move();
      isMoving = false;
      drawDay(calendar);
      moved.textContent = isMoved ? `It's now ${calendar.label}.` : "";
      await refresh();
    } catch {
      moved.textContent = "The sandbox didn't answer. Try again.";
    } finally {
      isMoving = false;
    }
  });
}
