"""The forms a seller sends: registration (100), notice of wrong invoices (300, 303), list and record (208).

Each form is a frozen dataclass and one table; ``fields`` makes the writer and the strict reader from it.
"""
