// Pictures of a piece are put in order by dragging; without this the buttons do the same.
let dragged = null;

const shotAt = (event) => event.target.closest?.("[data-shot]");

document.addEventListener("pointerdown", (event) => {
  const shot = shotAt(event);
  // Fields and buttons keep their own pointer: text in them can be selected.
  if (shot) shot.draggable = !event.target.closest("input, button, label, select, details");
});

document.addEventListener("dragstart", (event) => {
  dragged = shotAt(event);
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  dragged.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  const over = shotAt(event);
  if (!dragged || !over || over.parentNode !== dragged.parentNode) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  const isAfter = event.clientY > box.top + box.height / 2;
  if (over !== dragged) over[isAfter ? "after" : "before"](dragged);
});

document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});

document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("is-dragged");
  const form = dragged.closest("[data-gallery]");
  form.requestSubmit(form.querySelector("[data-save]"));
  dragged = null;
});
