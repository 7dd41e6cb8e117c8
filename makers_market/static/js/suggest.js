// Suggestions under the search box, where there is one: a combobox whose list the server writes.
const box = document.querySelector("[data-suggest]");
const list = document.getElementById("suggestions");
let chosen = -1;
let asked;

const options = () => [...list.querySelectorAll("[role=option]")];

function show(isShown) {
  list.hidden = !isShown || !list.childElementCount;
  box.setAttribute("aria-expanded", String(!list.hidden));
  choose(-1);
}

function choose(place) {
  chosen = place;
  options().forEach((each, at) => each.setAttribute("aria-selected", String(at === place)));
  const option = options()[place];
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  const url = `${box.dataset.suggest}?q=${encodeURIComponent(box.value.trim())}`;
  try {
    const answer = await fetch(url, { signal: asked.signal });
    if (!answer.ok) return;
    list.innerHTML = await answer.text();
    show(document.activeElement === box);
  } catch {
    // A newer question took its place, or there is no connection: nothing is suggested.
  }
}

let pause;
box?.addEventListener("input", () => {
  clearTimeout(pause);
  if (box.value.trim().length > 1) pause = setTimeout(ask, 150);
  else show(false);
});

box?.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  const { length } = options();
  if (event.key === "Escape") show(false);
  else if (event.key === "ArrowDown") choose(chosen + 1 < length ? chosen + 1 : -1);
  else if (event.key === "ArrowUp") choose((chosen < 0 ? length : chosen) - 1);
  else if (event.key === "Enter" && chosen >= 0) location.assign(options()[chosen].href);
  else return;
  event.preventDefault();
});

box?.addEventListener("blur", () => setTimeout(() => show(false), 200));
for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"],
  ["aria-controls", "suggestions"], ["aria-expanded", "false"]]) box?.setAttribute(name, value);
