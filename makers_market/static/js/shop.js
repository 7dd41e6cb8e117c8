// What every page gains from a script; each works without. Bound by data-* attributes.

// The working state of a button: its label says so, and it stays as wide as it was.
function work(button) {
  button.style.minInlineSize = `${button.offsetWidth}px`;
  button.setAttribute("aria-busy", "true");
  if (button.dataset.busy) {
    button.dataset.ready = button.textContent;
    button.textContent = button.dataset.busy;
  }
}

function rest(button) {
  button.style.minInlineSize = "";
  button.removeAttribute("aria-busy");
  if (button.dataset.ready) button.textContent = button.dataset.ready;
}

addEventListener("submit", ({ submitter, target }) => {
  // HTMX sends its own forms and says itself when they are at work.
  if (submitter?.matches(".btn") && !target.matches("[hx-post]")) work(submitter);
});

// A page that comes back from the browser's memory comes back at rest.
addEventListener("pageshow", () => {
  document.querySelectorAll(".btn[aria-busy]").forEach(rest);
});

addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) print();
});

// Choosing is enough: the form of a field with data-submits needs no button.
addEventListener("change", ({ target }) => {
  if (target.matches("[data-submits]")) target.form.requestSubmit();
});

// While HTMX asks, what will be replaced says that it is busy; a new basket renews the header.
addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.target.setAttribute("aria-busy", "true");
});
addEventListener("htmx:afterRequest", ({ detail }) => {
  detail.target.removeAttribute("aria-busy");
  if (detail.target.id === "basket") htmx.trigger(document.body, "basket-changed");
});
