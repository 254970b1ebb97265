"""What of a customer's words tells a topic: fillers out, words and phrases in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from convintel.signals.concerns import TOPICS

MIN_WORDS = 3  # "Yeah, what?" has no topic

_FILLERS: Final = re.compile(
    r"\b(?:u+h+m*|u+m+|e+r+m*|h+m+|mm+|mhm|uh-huh|you know|i mean|sort of|kind of)\b[,.]?\s*", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_][\w'’-]*|\d[\d.,%]*", re.UNICODE)

_STOP = """
a about after again all also always am an and any anyone anything are aren't as at away back be because been before
being both but by came can can't cannot come comes could couldn't did didn't do does doesn't doing don't done down
each either else even ever every everyone everything few for from get gets getting give go goes going gone gonna
got gotta had hadn't has hasn't have haven't having he he's her here here's him his how how's i i'd i'll i'm i've
if in into is isn't it it's its itself just keep kind know last let let's like little look lot lots made make makes
many may maybe me mean might mine more most much must my myself need needs never next no nobody none nor not
nothing now of off oh ok okay on once one only or other our ours out over own people per please pretty probably put
quite rather really right said same saw say saying says see seem seems she she's should shouldn't so some somebody
someone something sometimes somewhere still stuff such sure take takes tell than thank thanks that that's the their
theirs them themselves then there there's these they they'd they'll they're they've thing things think this those
though through to today told tomorrow too took try trying two under until up upon us use used using usually very
want wants wanna was wasn't way we we'd we'll we're we've well went were weren't what what's whatever when where
where's whether which while who who's whole whom whose why will with within without won't would wouldn't yeah yep
yes yesterday yet you you'd you'll you're you've your yours hello hi hey actually basically anyway able around
another bit three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy
eighty ninety hundred thousand third half first second thats dont isnt cant wont didnt im ive id ill theyre youre
whats lets yall ain't aint em till guy guys year years time day days week weeks month months
"""
STOP: Final[frozenset[str]] = frozenset(_STOP.split())


def topic_text(quote: str) -> str | None:
    """Return the quote without fillers, as it is embedded; null when too few words are left to have a topic.

    >>> topic_text("Um, you know, it's too expensive for us."), topic_text("Yeah, uh, okay.")
    ("it's too expensive for us.", None)
    """
    text = " ".join(_FILLERS.sub("", quote).split())
    return text if len(words(text)) >= MIN_WORDS else None


def concern_text(quote: str, topic: str | None) -> str | None:
    """Return what is embedded of a concern: its topic, if the reader named one, before the quote without fillers.

    >>> concern_text("Um, fifty-eight bucks, then.", "price"), concern_text("Uh, okay.", "price")
    ('price: fifty-eight bucks, then.', None)
    """
    text = topic_text(quote)
    return text if text is None or topic is None else f"{topic}: {text}"


def split_topic(text: str) -> tuple[str | None, str]:
    """Return what `concern_text` put together.

    >>> split_topic("price: fifty-eight bucks"), split_topic("one thing: the price")
    (('price', 'fifty-eight bucks'), (None, 'one thing: the price'))
    """
    topic, colon, rest = text.partition(": ")
    return (topic, rest) if colon and topic in TOPICS.values() else (None, text)


def shared_topic(texts: Sequence[str]) -> str | None:
    """Return the topic that stands before more than half of the texts."""
    topic, count = Counter(split_topic(text)[0] for text in texts).most_common(1)[0]
    return topic if count > len(texts) / 2 else None


def words(text: str) -> list[str]:
    """Return the words in lower case, apostrophes made plain."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def phrases(text: str) -> set[str]:
    """Return the phrases of 2 to 4 words that do not cross punctuation and neither start nor end on a function word.

    >>> sorted(phrases("Does it work with QuickBooks? The price of a seat."))
    ['price of a seat', 'work with quickbooks']
    """
    found: set[str] = set()
    for clause in re.split(r"[.,;:!?()\"“”–—…]+(?:\s|$)", text):
        run = words(clause)
        for start in range(len(run)):
            for end in range(start + 2, min(start + 4, len(run)) + 1):
                if _telling(run[start]) and _telling(run[end - 1]):
                    found.add(" ".join(run[start:end]))
    return found


def telling_words(text: str) -> set[str]:
    """Return the words that may name a topic on their own.

    >>> sorted(telling_words("Does it work with QuickBooks?"))
    ['quickbooks', 'work']
    """
    return {word for word in words(text) if _telling(word)}


def _telling(word: str) -> bool:
    return word not in STOP and len(word) > 1 and not word[0].isdigit()
