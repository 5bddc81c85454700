"""The generated pages are what the code says today."""

from tests.reference.pages import PAGES


def test_a_page_is_what_the_code_says(generated, page):
    """Whoever changes what a page is made of writes it anew."""
    assert page(generated) == PAGES[generated](), "run: python -m tests.reference"


def test_a_page_leads_on_only_to_sections_that_are_there(generated, page):
    """Each link within the page has its heading."""
    text = page(generated)
    headings = {slug(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")}
    wanted = {piece.partition(")")[0] for piece in text.split("](#")[1:]}
    assert wanted <= headings


def test_no_cell_has_a_bar_in_it(generated, page):
    """Readers of Markdown disagree on what it would mean there."""
    assert "\\|" not in page(generated)


def slug(heading):
    """Return a heading's anchor, as GitHub and Python-Markdown make it."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")
