// Hearts and follows. Pages are the same for everybody: what is marked comes with the header, and
// each button is a form that works without this.

const SAID_FOR_MS = 6000;
const header = () => document.querySelector(".acts[data-saved]");
let queue = Promise.resolve();
let waiting = 0;
let silence;

// The slugs of a kind; nothing while they are unknown, or for a guest, who follows nobody.
function known(kind) {
  const slugs = header()?.dataset[kind];
  return slugs === undefined ? null : new Set(slugs.split(" "));
}

function mark(button, isOn) {
  button.setAttribute("aria-pressed", isOn);
}

function markAll() {
  if (waiting) return;
  document.querySelectorAll("form[data-mark]").forEach((form) => {
    const slugs = known(form.dataset.mark);
    const button = form.querySelector("button");
    if (slugs) mark(button, slugs.has(button.value));
  });
}

function say(words) {
  const line = document.getElementById("said");
  line.textContent = words;
  clearTimeout(silence);
  silence = setTimeout(() => line.replaceChildren(), SAID_FOR_MS);
}

async function send(form, button, body) {
  const wasOn = button.getAttribute("aria-pressed") === "false";
  const options = { method: "POST", body, headers: { Accept: "application/json" } };
  const { on, words } = await fetch(form.action, options)
    .then((answer) => answer.json())
    .catch(() => ({ on: wasOn, words: "" }));
  mark(button, on);
  say(words);
  waiting -= 1;
  if (!waiting) htmx.trigger(document.body, "marks-changed");
}

addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (!form.matches("[data-mark]") || !known(form.dataset.mark)) return;
  event.preventDefault();
  const isOn = button.getAttribute("aria-pressed") !== "true";
  const body = new URLSearchParams({ [button.name]: button.value, want: isOn ? "on" : "off" });
  mark(button, isOn);
  waiting += 1;
  queue = queue.then(() => send(form, button, body));
});
addEventListener("htmx:load", markAll);
