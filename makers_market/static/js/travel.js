// The picture of a piece travels from its card to its page and back (cross-page view transition).
// Without this, or where motion is not wanted, the page simply changes.

const pathOf = (entry) => entry?.url && new URL(entry.url).pathname;

// Only the card of the piece that is opened, or come back from, may carry the name.
function name(path) {
  const link = path && [...document.querySelectorAll(".card h3 a")].find((it) => it.pathname === path);
  const picture = link?.closest(".card").querySelector(".pic picture");
  if (picture && !document.querySelector(".gal")) picture.style.viewTransitionName = "piece";
  return picture;
}

function follow(event, path) {
  const picture = event.viewTransition && name(path);
  if (picture) event.viewTransition.finished.finally(() => (picture.style.viewTransitionName = ""));
}

addEventListener("pageswap", (event) => follow(event, pathOf(event.activation?.entry)));
addEventListener("pagereveal", (event) => follow(event, pathOf(window.navigation?.activation?.from)));
