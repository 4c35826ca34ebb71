"""The grants themselves: an old database with invented grants of the invented citizens."""

import random
import sqlite3
from datetime import date

YEAR = 2026  # in which the invented citizens live
KINDS = {"child-support": 56000, "older-persons": 231500, "disability": 231500}  # cents a month


def make(population, path, seed=1):
    """Writes the register for the people in the database `population`; the same for the same seed."""
    chance = random.Random(seed)
    people = sqlite3.connect(f"file:{population}?mode=ro", uri=True)
    rows = people.execute("SELECT identity_number, date_of_birth FROM person ORDER BY identity_number").fetchall()
    people.close()
    register = sqlite3.connect(path)
    with register:
        register.execute("CREATE TABLE social_grant (number TEXT PRIMARY KEY, identity_number TEXT NOT NULL, kind TEXT NOT NULL,"
                         " status TEXT NOT NULL, since TEXT NOT NULL, cents INTEGER NOT NULL) WITHOUT ROWID")
        for position, (identity_number, born) in enumerate(rows):
            for kind, status, since in grants_of(date.fromisoformat(born), chance):
                register.execute("INSERT INTO social_grant VALUES (?,?,?,?,?,?)",
                                 (f"SG{position:06}-{kind[0].upper()}", identity_number, kind, status, str(since), KINDS[kind]))
        register.execute("CREATE INDEX by_person ON social_grant (identity_number)")
    register.close()


def grants_of(born, chance):
    """Kind, status and first day of what one person receives, or received."""
    age = YEAR - born.year - 1
    if age < 18 and chance.random() < 0.6:
        yield "child-support", "active", date(max(born.year, YEAR - 6), born.month, 1)
    if age >= 60 and chance.random() < 0.8:
        yield "older-persons", "active", date(born.year + 60, born.month, 1)
    if 18 <= age < 60 and chance.random() < 0.05:
        yield "disability", chance.choice(("active", "ended")), date(YEAR - chance.randint(1, 6), born.month, 1)


class Register:
    """Questions to the database. Each opens it anew: several threads ask at once."""

    def __init__(self, path):
        self.path = path

    def rows(self, condition, value):
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(
                f"SELECT number, kind, status, since, cents FROM social_grant WHERE {condition} ORDER BY number", (value,))]
        finally:
            database.close()

    def of_person(self, identity_number):
        return self.rows("identity_number = ?", identity_number)

    def by_number(self, number):
        return next(iter(self.rows("number = ?", number)), None)


def statement_of(grant, months=6):
    """The last payments of a grant, as the file that its register has always sent: lines of CSV."""
    lines = ["number;kind;month;amount"]
    for month in range(12, 12 - months, -1):
        lines.append(f"{grant['number']};{grant['kind']};{YEAR - 1}-{month:02};{amount_of(grant)}")
    return "".join(line + "\r\n" for line in lines).encode()


def amount_of(grant):
    return f"{grant['cents'] // 100}.{grant['cents'] % 100:02}"
