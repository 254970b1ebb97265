"""Turns are joined, back-channels do not take the floor, answers do."""

from convintel.turns.assign import sentences
from convintel.turns.floor import turns


def said(*rows):
    """Rows of (speaker, start, text), four words a second."""
    words, speakers = [], []
    for speaker, start, text in rows:
        for i, word in enumerate(text.split()):
            words.append({"start": start + i * 0.25, "end": start + i * 0.25 + 0.2, "text": word, "probability": 0.5})
            speakers.append(speaker)
    return turns(words, speakers, gap=3.0, backchannel=1.0)


def test_listening_inside_the_others_floor_is_a_backchannel():
    found = said(("a", 0, "we do this every week and"), ("b", 1.6, "mm-hm"), ("a", 2, "it takes all of Monday"))
    assert [(one.speaker, one.backchannel) for one in found] == [("a", False), ("b", True)]
    assert " ".join(found[0].texts) == "we do this every week and it takes all of Monday"


def test_an_answer_to_a_question_takes_the_floor():
    found = said(("a", 0, "do you use it?"), ("b", 1.3, "Yeah."), ("a", 2.2, "Good to hear"))
    assert [(one.speaker, one.backchannel) for one in found] == [("a", False), ("b", False), ("a", False)]


def test_a_short_sentence_after_a_full_stop_is_a_turn_unless_it_only_listens():
    real = said(("a", 0, "it costs ninety."), ("b", 1.2, "Too much."), ("a", 2.2, "I hear you"))
    assert [one.speaker for one in real] == ["a", "b", "a"]
    listening = said(("a", 0, "it costs ninety."), ("b", 1.2, "Right."), ("a", 2.2, "And it pays back"))
    assert [one.backchannel for one in listening] == [False, True]


def test_a_long_silence_starts_a_new_turn_of_the_same_speaker():
    assert len(said(("a", 0, "one moment please"), ("a", 3.6, "still here"))) == 1
    assert len(said(("a", 0, "one moment please"), ("a", 4.6, "thank you"))) == 2


def test_no_word_is_lost_or_doubled_and_order_does_not_matter():
    rows = [
        ("a", 0, "one two three"),
        ("b", 0.5, "four five six seven eight"),
        ("a", 3, "nine"),
        ("b", 3.1, "ten eleven"),
    ]
    found, again = said(*rows), said(*reversed(rows))
    assert sorted(" ".join(one.texts) for one in found) == sorted(" ".join(one.texts) for one in again)
    assert sum(len(one.texts) for one in found) == 11


def test_sentences_end_at_marks_and_pauses():
    words = [
        {"start": s, "end": s + 0.2, "text": t}
        for s, t in [(0, "Yes."), (0.3, "we"), (0.6, "do"), (2.0, "and"), (2.3, "grow")]
    ]
    assert list(sentences(words)) == [(0, 1), (1, 3), (3, 5)]
