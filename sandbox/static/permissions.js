// The dialog for a channel's permissions and the server's roles.

const dialog = document.getElementById("permissions");
const subject = document.getElementById("subject");
const list = document.getElementById("permission-list");
const roles = document.getElementById("roles");
const note = document.getElementById("permission-note");
let ask = null;
let state = null;

function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function draw() {
  const isChannel = state.channel !== null;
  document.getElementById("permission-title").textContent = isChannel ? `Permissions in #${state.channel}` : "Roles";
  document.getElementById("permission-channel").hidden = !isChannel;
  const chosen = subject.value;
  subject.replaceChildren(...state.subjects.map((who) => {
    const option = make("option", "", who.name);
    option.value = who.id;
    return option;
  }));
  if (state.subjects.some((who) => who.id === chosen)) subject.value = chosen;
  drawPermissions();
  roles.replaceChildren(...state.roles.map((role) => {
    const item = make("li", "", make("span", "name", `@${role.name.replace(/^@/, "")}`));
    if (role.is_kept) return item;
    const button = make("button", "danger", "Delete");
    button.type = "button";
    button.setAttribute("aria-label", `Delete @${role.name}`);
    button.addEventListener("click", () => change({ delete_role: role.id }));
    item.append(button);
    return item;
  }));
}

function drawPermissions() {
  const who = state.subjects.find((one) => one.id === subject.value);
  list.replaceChildren(...Object.entries(who ? state.permissions : {}).map(([name, label]) => {
    const box = make("input", "");
    box.type = "checkbox";
    box.checked = who.allowed.includes(name);
    box.addEventListener("change", () => change({ subject: who.id, permission: name, allowed: box.checked }));
    return make("li", "", make("label", "", box, label));
  }));
}

async function change(body) {
  note.textContent = "";
  try {
    state = await ask("POST", body);
  } catch {
    note.textContent = "The change was not saved. Try again.";
    state = await ask("GET");
  }
  const focused = [...list.querySelectorAll("input")].indexOf(document.activeElement);
  draw();
  if (focused >= 0) list.querySelectorAll("input")[focused]?.focus();
}

export function watchPermissions(asking) {
  ask = asking;
  document.getElementById("open-permissions").addEventListener("click", async () => {
    state = await ask("GET");
    note.textContent = "";
    draw();
    dialog.showModal();
  });
  document.getElementById("close-permissions").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
  subject.addEventListener("change", drawPermissions);
  document.getElementById("new-role").addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = document.getElementById("role-name");
    if (field.value.trim()) await change({ create_role: field.value.trim() });
    field.value = "";
  });
}
