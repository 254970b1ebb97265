"""The words that columns of several tables are limited to."""

ROLE_NAMES = ["rep", "customer", "unknown"]
DIRECTIONS = ["inbound", "outbound", "meeting"]
CONSENTS = ["announced", "verbal", "written", "none", "unknown"]
CALL_TYPES = ["cold", "discovery", "demo", "pricing", "follow_up", "closing", "renewal"]
OBJECTION_TYPES = ["price", "timing", "authority", "need", "competitor", "trust", "product", "contract", "brush_off"]
HANDLINGS = ["resolved", "addressed", "ignored"]
STEP_KINDS = ["meeting", "task"]
OWNERS = ["rep", "customer", "both"]
CONCERN_KINDS = ["objection", "question", "need", "praise"]
THEME_EVENTS = ["appeared", "split", "merged"]
OUTCOMES = ["won", "lost", "open"]
SCOPES = ["team", "group", "rep", "segment", "quarter"]
VERDICTS = ["associated", "unclear", "not told apart", "too few"]
FOLLOW_UPS = ["kept", "late", "not seen", "open", "cannot tell"]
HYGIENE = [
    "gone quiet",
    "step not kept",
    "close date passed",
    "impossible date",
    "deal without calls",
    "call without deal",
]
