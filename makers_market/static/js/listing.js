// Filters of a shelf; each tick is a request of HTMX, and a plain form without it.

// What is not filled in stays out of the address.
addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.elt.matches("[data-filters]")) return;
  for (const [name, value] of [...detail.formData]) if (!value) detail.formData.delete(name);
});

// "Show 65 pieces" closes the sheet: they are there already.
addEventListener("submit", ({ target }) => {
  if (target.matches("[data-filters]:popover-open")) target.hidePopover();
});

// A tick before HTMX is there holds as soon as it is.
let early;
addEventListener("change", ({ target }) => {
  if (!window.htmx) early = target.closest("[data-filters]") ?? early;
});
addEventListener("htmx:load", () => {
  if (early) htmx.trigger(early, "change");
  early = null;
});
