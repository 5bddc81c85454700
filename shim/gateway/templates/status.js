
"use strict";
const sorted = new Map();  // id of a part -> its table's column, and 1 or -1
const key = (row, column) => {
  const cell = row.cells[column], text = cell.textContent.trim();
  return cell.className.startsWith("number") ? Number(text) : cell.querySelector("time")?.dateTime ?? text.toLowerCase();
};
const sort = (part) => {
  if (!sorted.has(part.id)) return;
  const [column, way] = sorted.get(part.id);
  part.querySelectorAll("th").forEach((head, at) =>
    at === column ? head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending") : head.removeAttribute("aria-sort"));
  const body = part.querySelector("tbody");
  body?.append(...[...body.rows].sort((one, other) => {
    const [a, b] = [key(one, column), key(other, column)];
    return a < b ? -way : a > b ? way : 0;
  }));
};
document.addEventListener("click", (event) => {
  const head = event.target.closest("th");
  if (!head) return;
  const part = head.closest("[id]"), way = head.getAttribute("aria-sort");
  const first = head.className === "number" || /^(Last|Until|Since|First)$/.test(head.textContent.trim()) ? -1 : 1;
  sorted.set(part.id, [head.cellIndex, way ? (way === "ascending" ? -1 : 1) : first]);
  sort(part);
});
setInterval(async () => {
  if (document.hidden || !getSelection().isCollapsed) return;
  try {
    const text = await (await fetch(".", { cache: "no-store" })).text();
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of page.querySelectorAll("[id]")) {
      const shown = document.getElementById(part.id);
      sort(part);
      if (!shown || shown.innerHTML === part.innerHTML) continue;
      const focused = [...shown.querySelectorAll("th button")].indexOf(document.activeElement);
      shown.replaceChildren(...part.childNodes);
      shown.querySelectorAll("th button")[focused]?.focus();
    }
  } catch {
    document.getElementById("made").textContent = "a while ago: the gateway does not answer";
  }
}, 5000);
