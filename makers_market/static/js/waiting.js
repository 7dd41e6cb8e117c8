// HTMX comes once the page has been painted: its work would keep the shopper waiting for the first
// picture, and every form and link works without it. Not before "load" either: it starts by itself
// while the page is parsed or when it is complete, and never in between.
const address = document.querySelector("script[data-htmx]")?.dataset.htmx;

function put(kind, words) {
  document.head.append(Object.assign(document.createElement(kind), words));
}

let due = Boolean(address);
function bring() {
  if (due) put("script", { src: address });
  due = false;
}

if (address) {
  put("link", { rel: "preload", as: "script", href: address, fetchPriority: "low" });
  addEventListener("load", () => {
    new PerformanceObserver(bring).observe({ type: "paint", buffered: true });
    // Some browsers tell nobody what they paint.
    setTimeout(bring, 3000);
  });
}
