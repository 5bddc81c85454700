// What the theme leaves to be done, mostly for readers who use keys or hear a page. axe finds nothing after it.

function tend() {
  // What overflows can be scrolled by keys.
  for (const box of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
  // The corner of a table heads nothing.
  for (const corner of document.querySelectorAll("th:empty")) corner.outerHTML = "<td></td>";
  // The bars over code are no places to go to.
  for (const bar of document.querySelectorAll("nav.md-code__nav")) bar.setAttribute("role", "none");
  // The search stands in a root of its own, made when it is opened first.
  for (const { shadowRoot } of document.body.children) {
    if (shadowRoot && !shadowRoot.adoptedStyleSheets.length) tendSearch(shadowRoot);
  }
}

function tendSearch(root) {
  const style = new CSSStyleSheet();
  style.replaceSync('[id$="-path"] { color: rgb(var(--color-foreground) / 0.7); }');
  root.adoptedStyleSheets.push(style);
  // A result is named by all that is seen of it, not by its title alone.
  const name = () => {
    for (const result of root.querySelectorAll("[role=option][aria-labelledby]")) {
      result.removeAttribute("aria-labelledby");
      result.removeAttribute("aria-describedby");
    }
  };
  new MutationObserver(name).observe(root, { childList: true, subtree: true });
}

// Cells know the head of their column, and what they are, where a narrow page shows them as cards.
for (const table of document.querySelectorAll(".md-typeset table:not([class])")) {
  const heads = [...table.querySelectorAll("thead th, thead td")].map((head) => head.textContent);
  table.setAttribute("role", "table");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    [...row.cells].forEach((cell, column) => {
      cell.setAttribute("role", cell.tagName === "TH" ? "columnheader" : "cell");
      cell.dataset.head = heads[column] ?? "";
    });
  }
}
for (const code of document.querySelectorAll(":not(pre) > code")) {
  if (code.textContent.length < 32) code.classList.add("own-short");
}
addEventListener("resize", tend);
new MutationObserver(tend).observe(document.body, { childList: true, subtree: true });
tend();
