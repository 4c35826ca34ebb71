"""What pages of the documentation tell readers to type, for tests that type it."""

import re
from pathlib import Path

from support.small_state import DEPARTMENTS

ROOT = Path(__file__).resolve().parents[2]


def blocks(page, language, section=None):
    """The code blocks of a language in a page (its path from the top of the repository), or in one section of it."""
    text = (ROOT / page).read_text()
    if section:
        text = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    if not found:
        raise LookupError(f"{page} has no block of {language} in {section or 'it'}")
    return found


def for_state(text, state, **words):
    """`text` with the addresses of a small state in place of those of `./dev up`, and with each word that a reader is told
    to replace replaced."""
    for number, (key, *_) in enumerate(DEPARTMENTS, 1):
        if state.has(key):
            text = text.replace(f"http://127.0.10.{number}:", f"http://{state.server(key)['address']}:")
    for word, value in words.items():
        text = text.replace(word.replace("_", "-"), value)
    return text
