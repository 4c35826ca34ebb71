"""The errand of the demo: whom the parent asks about, and which department each field of the form comes from."""

import sqlite3
from datetime import date

# Field of the form, key in the answer, and whether it is asked of the population or the immunisation register.
FORM = [
    ("Identity number", "identity_number"), ("Name", "name"), ("Surname", "surname"), ("Gender", "gender"),
    ("Date of birth", "date_of_birth"), ("Nationality", "nationality"), ("Address", "address"), ("City", "city"),
    ("Municipality", "municipality"), ("Province", "province"), ("E-mail", "email"), ("Telephone", "telephone"),
    ("Cell number", "cell"),
]


def child_of_school_age(population, immunisations, grants, today=None):
    """The identity number of the first child of five to seven years who has immunisations and receives a grant."""
    year = (today or date.today()).year
    people = sqlite3.connect(f"file:{population}?mode=ro", uri=True)
    given = sqlite3.connect(f"file:{immunisations}?mode=ro", uri=True)
    paid = sqlite3.connect(f"file:{grants}?mode=ro", uri=True)
    try:
        rows = people.execute("SELECT identity_number FROM person WHERE date_of_birth BETWEEN ? AND ? "
                              "ORDER BY identity_number", (f"{year - 7}-01-01", f"{year - 5}-12-31"))
        for (number,) in rows:
            if (given.execute("SELECT 1 FROM immunisation WHERE identity_number = ?", (number,)).fetchone()
                    and paid.execute("SELECT 1 FROM social_grant WHERE identity_number = ? AND status = 'active'",
                                     (number,)).fetchone()):
                return number
    finally:
        for register in (people, given, paid):
            register.close()
    raise LookupError("the generator made no child of school age with immunisations and a grant")


def nobody(population):
    """A well-formed identity number that nobody in the register has."""
    people = sqlite3.connect(f"file:{population}?mode=ro", uri=True)
    try:
        for sequence in range(10000):
            digits = f"000101{sequence:04}08"
            number = digits + luhn_digit(digits)
            if not people.execute("SELECT 1 FROM person WHERE identity_number = ?", (number,)).fetchone():
                return number
    finally:
        people.close()
    raise LookupError("every identity number of the first of January 2000 is taken")


def luhn_digit(digits):
    """The check digit of a South African identity number."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
