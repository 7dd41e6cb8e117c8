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
