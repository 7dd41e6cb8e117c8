// The product page's strip of pictures and its number of pieces; both work without.

// A small picture's link moves the strip, not the page.
addEventListener("click", (event) => {
  const link = event.target.closest("[data-gallery] .th a");
  if (!link) return;
  event.preventDefault();
  const figure = document.querySelector(link.hash);
  figure.parentElement.scrollTo({ left: figure.offsetLeft - figure.parentElement.offsetLeft });
});

// The link of the picture that is seen is the current one. (Scrolling does not bubble.)
document.addEventListener("scroll", ({ target }) => {
  if (!(target instanceof Element) || !target.matches("[data-gallery] .main")) return;
  const seen = Math.round(Math.abs(target.scrollLeft) / target.clientWidth);
  target.parentElement.querySelectorAll(".th a").forEach((link, place) => {
    if (place === seen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}, { capture: true, passive: true });

// Fewer and more, within the field's own limits.
addEventListener("click", ({ target }) => {
  const button = target.closest("[data-step]");
  if (!button) return;
  const number = button.parentElement.querySelector("input[type=number]");
  if (button.dataset.step === "1") number.stepUp();
  else number.stepDown();
});
