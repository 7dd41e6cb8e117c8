// A list of fields grows by a line; without this the page offers two empty ones each time.
for (const button of document.querySelectorAll("[data-add-row]")) button.hidden = false;

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-add-row]");
  if (!button) return;
  const rows = button.parentElement.querySelector("[data-rows]");
  const last = rows.querySelector("[data-row]:last-child");
  const fresh = last.cloneNode(true);
  const number = rows.children.length;
  for (const node of fresh.querySelectorAll("*")) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = node.getAttribute(name);
      if (value) node.setAttribute(name, value.replace(/(o\d+v)\d+/, `$1${number}`));
    }
    if (node.matches("input")) node.value = "";
    if (node.matches(".err")) node.remove();
  }
  rows.append(fresh);
  fresh.querySelector("input:not([type=hidden])").focus();
});
