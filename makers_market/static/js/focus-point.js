// The point of a picture that a crop keeps is chosen by a click; the two numbers do the same.
const partOf = (node) => node.closest?.("[data-focus]");

function numbers(part) {
  return [part.querySelector("[data-focus-x]"), part.querySelector("[data-focus-y]")];
}

function mark(part) {
  const [x, y] = numbers(part);
  const dot = part.querySelector("[data-focus-mark]");
  dot.hidden = false;
  // Pictures are not turned round where reading is.
  dot.style.left = `${x.value}%`;
  dot.style.top = `${y.value}%`;
  part.querySelector("[data-focus-hint]").hidden = false;
}

document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.("[data-focus]") && target.open) mark(target);
}, { capture: true });

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-focus-x], [data-focus-y]")) mark(partOf(target));
});

document.addEventListener("click", (event) => {
  const picture = event.target.closest("[data-focus-picture]");
  if (!picture) return;
  const box = picture.getBoundingClientRect();
  const share = (at, start, size) => Math.round(Math.min(Math.max((at - start) / size, 0), 1) * 100);
  const [x, y] = numbers(partOf(picture));
  x.value = share(event.clientX, box.left, box.width);
  y.value = share(event.clientY, box.top, box.height);
  mark(partOf(picture));
});
