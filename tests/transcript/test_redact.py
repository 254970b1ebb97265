"""What identifies a person goes, what coaching needs stays."""

import pytest

from convintel.transcript.redact import redact, redact_text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            "My card is four one one one, one one one one, one one one one, one one one one.",
            "My card is [card number].",
        ),
        ("It's 4111 1111 1111 1111, thanks", "It's [card number], thanks"),
        ("call me at 555-867-5309 or (415) 555 2671.", "call me at [phone number] or [phone number]."),
        ("it's four one five, um, five five five, two six seven one", "it's [phone number]"),
        ("double five eight nine oh one two", "[phone number]"),
        ("mail anna.berg@example.com please", "mail [e-mail] please"),
        ("my email is anna dot berg at example dot com ok", "my email is [e-mail] ok"),
        ("write to a b smith at acme.com", None),
        ("my social is one two three, four five, six seven eight nine", "my social is [identity number]"),
        ("the last four of your social are 1234", "the last four of your social are [identity number]"),
        ("IBAN DE89370400440532013000 ok", "IBAN [bank account] ok"),
    ],
)
def test_identifying_numbers_and_addresses_go(said, left):
    text, count = redact_text(said)
    assert count >= 1
    if left is not None:
        assert text == left


@pytest.mark.parametrize(
    "said",
    [
        "It was forty thousand dollars on March 3rd 2025 at 10:30",
        "We pay $1,250,000 and 3.5% since 2024-05-06, until 12/31/2026",
        "nineteen ninety five, twenty twenty four, twenty twenty five",
        "between five and ten, or fifteen, twenty, twenty five people",
        "seats: 10, 20, 30, 40 people",
        "In 2023, 2024, 2025 we grew",
        "seven hundred twenty five thousand for 120 trucks and 14 dispatchers",
        "we meet at ten tomorrow on the fifth of may twenty twenty six",
        "I was looking at Acme dot com yesterday",
        "one or two, maybe three",
    ],
)
def test_money_dates_times_and_counts_survive(said):
    assert redact_text(said) == (said, 0)


def test_a_masked_stretch_keeps_its_time_and_tracks_do_not_mix():
    def word(text, start, track):
        return {"text": text, "start": start, "end": start + 0.3, "track": track}

    digits = ["five", "five", "five", "eight", "six", "seven", "five", "three", "oh", "nine"]
    words = [word(text, i * 0.5, "0") for i, text in enumerate(digits)]
    words.insert(3, word("okay", 1.2, "1"))
    assert redact(words) == 1
    assert [row["text"] for row in words] == ["[phone number]", "okay"]
    assert (words[0]["start"], words[0]["end"]) == (0.0, 4.8)
