// What overflows must be scrollable by keys too, and the theme's own bars over code are no landmarks.
function tend() {
  for (const box of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
  for (const bar of document.querySelectorAll("nav.md-code__nav")) bar.setAttribute("role", "none");
}
addEventListener("resize", tend);
new MutationObserver(tend).observe(document.body, { childList: true, subtree: true });
tend();
