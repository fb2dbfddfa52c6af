"""People who do not exist, written into every place of a delivery where words can stand, as senders do."""

from __future__ import annotations

# Numbers that no network gives out (Ofcom's numbers for drama), in the ways that people write them.
TELEPHONES = [
    "07700900123", "07700 900123", "07700 900 123", "+447700900123", "+44 7700 900123", "0044 7700 900123",
    "+44 (0)7700 900123", "(07700) 900123", "07700-900-123", "07700.900.123", "447700900123", "01632 960123",
    "(01632) 960 123", "+44 1632 960123", "020 7946 0123", "+44 20 7946 0123", "0161 496 0123", "ring 07700900123 pls",
    "tel:+447700900123",
    "0 7 7 0 0 9 0 0 1 2 3", "07700/900123", "٠٧٧٠٠٩٠٠١٢٣", "０７７００９００１２３", "07700\u00a0900123",
]  # fmt: skip
ADDRESSES = [
    "zebedee.quillfeather@example.org", "ZQUILLFEATHER@EXAMPLE.COM", "mailto:zebedee@example.net",
    "zebedee+dv@sub.example.co.uk", "Zebedee <zq@example.org>", "zebedee@example", "zebédée@exämple.org",
    '"z q"@example.org', "zq@[192.0.2.1]",
]  # fmt: skip
NAMES = [
    "Zebedee Quillfeather", "QUILLFEATHER, Zebedee", "Mrs Quillfeather", "PC 1234 Quillfeather", "Dr Z. Quillfeather",
    "Quillfeather dob 01/02/1980", "victim Zebedee Quillfeather",
]  # fmt: skip
# Whatever is left of one of them is a leak; in lower case, without what people write between digits.
TRACES = ("quillfeather", "zebedee", "7700900123", "1632960123", "2079460123", "1614960123", "zq@")


def texts() -> list[str]:
    return [*TELEPHONES, *ADDRESSES, *NAMES]
