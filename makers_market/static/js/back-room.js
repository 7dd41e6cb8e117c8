// The box in a list's head ticks every row; without a script each row has its own.
const all = document.querySelector("#action-toggle");

all?.addEventListener("change", () => {
  for (const box of document.querySelectorAll("input.action-select")) box.checked = all.checked;
});

// A bar of links that scrolls shows the one that is open.
document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
