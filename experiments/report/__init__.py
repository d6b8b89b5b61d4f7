"""The one floor of all reports: blocks of a page, and the page as HTML that needs nothing else and as Markdown."""

from experiments.report.page import (
    Bar,
    Block,
    Bullets,
    Code,
    Command,
    Figure,
    Heading,
    Inline,
    Link,
    Look,
    Page,
    Paragraph,
    Quote,
    Section,
    Segment,
    Strong,
    Table,
    Text,
    Warn,
)
from experiments.report.render import as_html, as_markdown, write_page

__all__ = [
    "Bar", "Block", "Bullets", "Code", "Command", "Figure", "Heading", "Inline", "Link", "Look", "Page", "Paragraph",
    "Quote", "Section", "Segment", "Strong", "Table", "Text", "Warn", "as_html", "as_markdown", "write_page",
]  # fmt: skip
