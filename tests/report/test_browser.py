"""The pages in a real browser: every page opened, walked by keyboard, heard, searched, corrected, checked by axe-core.

Skipped with a plain message where no Chromium is installed, or where `tests/vendor.sh` could not fetch axe-core.
"""

import json
import re
import shutil
import wave
from pathlib import Path

import polars as pl
import pytest

from convintel.report import alone, printer, summarise, write_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]
PATIENCE = 180_000  # milliseconds: a busy machine is no fault of the page
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory, tables, company, settings):
    """The sample company's report with one recording that can really be played, and a long and a right-to-left name."""
    names = {
        "maya.lindqvist@tallyroute.example": "מאיה לינדקוויסט בת־שבע",
        "tom.okafor@tallyroute.example": "Tom " * 40,
    }
    made = dict(tables)
    made["calls"] = made["calls"].with_columns(
        path=pl.col("path").str.replace(".mp3", ".wav", literal=True),
        rep_name=pl.col("rep").replace_strict(names, default=pl.col("rep_name")),
    )
    summary = summarise(made, week=company.WEEK, settings=settings, facts={"version": "0.1.0"})
    root = tmp_path_factory.mktemp("acme")
    call = next(call for call in summary["calls"] if call["audio"] and call["objections"])
    sound = root / "inbox" / call["file"]
    sound.parent.mkdir(parents=True)
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", "not compressed"))
        file.writeframes(b"\x80" * int(8000 * call["seconds"]))
    index = write_report(summary, root / "reports" / summary["week"], recordings=root / "inbox")
    return index.parent, call, summary


def pages_of(folder):
    """One of each kind, and of reps all: calls differ only in their words."""
    calls = sorted((folder / "calls").glob("*.html"), key=lambda path: -path.stat().st_size)
    return [folder / "index.html", folder / "method.html", *sorted((folder / "reps").glob("*.html")), *calls[:3]]


class Watched:
    """A page whose console, errors and requests are kept."""

    def __init__(self, context):
        context.set_default_timeout(PATIENCE)
        self.page = context.new_page()
        self.troubles, self.requests = [], []
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path, fragment=""):
        self.page.goto(path.as_uri() + fragment)
        return self.page


@pytest.fixture
def desk(browser):
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")  # else the page is still on its way
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield Watched(context)
    context.close()


def test_no_page_asks_for_anything_outside_the_workspace_or_logs_an_error(desk, report):
    folder, _, _ = report
    for path in sorted(folder.rglob("*.html")):
        desk.open(path)
    root = folder.parents[1].as_uri()
    assert desk.troubles == []
    assert [url for url in desk.requests if not url.startswith(root)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(browser, report, scheme, size):
    if not AXE.is_file():
        pytest.skip("axe-core is not there: bash tests/vendor.sh fetches it")
    folder, _, _ = report
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    found = []
    for path in pages_of(folder):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        page.add_script_tag(path=AXE)
        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
        result = page.evaluate("options => axe.run(document, options)", options)
        found += [
            (path.name, issue["id"], issue["impact"], [node["html"][:160] for node in issue["nodes"][:2]])
            for issue in result["violations"]
            if issue["impact"] in ("serious", "critical")
        ]
    context.close()
    assert found == []


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_is_wider_than_a_phone(browser, report, width):
    folder, _, _ = report
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    for path in pages_of(folder):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
    context.close()


WALK = """() => {
  const shown = each => each.checkVisibility({ visibilityProperty: true }) && !each.closest('details:not([open])');
  const all = [...document.querySelectorAll('a[href], button, input, summary, audio, [tabindex="0"]')];
  return all.filter(each => shown(each) || (each.tagName === 'SUMMARY' && shown(each.parentElement))).length; }"""
FOCUSED = """() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  return { tag: e.tagName, seen: s.outlineStyle !== 'none' || e.tagName === 'AUDIO',
           inside: r.bottom > 0 && r.top < innerHeight, mark: e.outerHTML.slice(0, 120) }; }"""


@pytest.mark.parametrize("kind", ["index", "rep", "call"])
def test_every_control_is_reached_by_keyboard_and_its_focus_is_seen(desk, report, kind):
    folder, call, summary = report
    slug = summary["people"][0]["slug"]
    path = {"index": "index.html", "rep": f"reps/{slug}.html", "call": f"calls/{call['call_id']}.html"}[kind]
    page = desk.open(folder / path)
    expected = page.evaluate(WALK)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page = desk.open(folder / path)
    seen = []
    for _ in range(expected * 3):  # players hold several stops
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["tag"] == "BODY":
            break
        seen.append(focused)
    assert len({one["mark"] for one in seen}) > 10
    assert len(seen) >= expected
    assert [one for one in seen if not one["seen"]] == []
    assert [one["mark"] for one in seen if not one["inside"]] == []


def test_a_time_in_the_transcript_jumps_to_its_second(desk, report):
    folder, call, _ = report
    page = desk.open(folder / "calls" / f"{call['call_id']}.html")
    turn = call["turns"][len(call["turns"]) // 2]
    page.click(f"#turn-{turn['turn']} [data-at]")
    page.wait_for_function(
        "second => { const p = document.querySelector('.player audio');"
        " return p.readyState > 0 && p.currentTime >= second - 0.2 && p.currentTime <= second + 2; }",
        arg=turn["start"],
    )


def test_a_link_to_a_turn_sets_the_player_to_its_second(desk, report):
    folder, call, _ = report
    turn = call["turns"][-1]
    page = desk.open(folder / "calls" / f"{call['call_id']}.html", f"#turn-{turn['turn']}")
    page.wait_for_function(
        "second => Math.abs(document.querySelector('.player audio').currentTime - second) < 0.5",
        arg=turn["start"],
    )


def test_search_shows_the_turns_that_hold_the_words(desk, report):
    folder, call, _ = report
    page = desk.open(folder / "calls" / f"{call['call_id']}.html")
    wanted = max(call["objections"][0]["text"].split(), key=len).strip(".,?!").upper()
    page.fill(".search input", wanted)
    shown = page.evaluate("[...document.querySelectorAll('.transcript li')].filter(e => !e.hidden).map(e => e.id)")
    expected = [f"turn-{turn['turn']}" for turn in call["turns"] if wanted.lower() in turn["text"].lower()]
    assert shown == expected != []
    assert page.text_content(".search output") == f"{len(expected)} of {len(call['turns'])} turns"
    page.fill(".search input", "")
    assert page.evaluate("document.querySelectorAll('.transcript li[hidden]').length") == 0


def test_a_click_copies_the_line_for_corrections(desk, report):
    folder, call, _ = report
    page = desk.open(folder / "calls" / f"{call['call_id']}.html")
    one = call["objections"][0]
    page.click(f"#f-{one['id']} summary")
    page.click(f"#f-{one['id']} button[data-copy]")
    page.wait_for_function(f"document.querySelector('#f-{one['id']} button span').textContent.startsWith('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == f"{call['call_id']},{one['id']},wrong,"


def test_the_button_at_the_foot_shows_ids_and_copies_the_command(desk, report):
    folder, _, summary = report
    page = desk.open(folder / "index.html")
    assert page.locator("button.id").count() == 0
    page.click("#ids")
    assert page.locator("button.id").count() > 20
    first = summary["changed"][0]["id"]
    page.click(f"li[data-id='{first}'] > button.id")
    page.wait_for_function(f"document.querySelector(\"li[data-id='{first}'] > button.id\").textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == f"convintel explain . {first}"
    page.click("#ids")
    assert page.locator("button.id").count() == 0


def test_a_rep_page_prints_on_two_sheets_at_most_of_either_size(desk, report):
    folder, _, summary = report
    for person in summary["people"]:
        page = desk.open(folder / "reps" / f"{person['slug']}.html")
        for sheet in ("A4", "Letter"):
            printed = page.pdf(format=sheet)
            assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2, (person["name"], sheet)


def test_the_optional_pdf_is_one(tmp_path, report):
    _, _, summary = report
    html = alone(summary, slug=summary["people"][0]["slug"], quotes=True)
    printer(CHROMIUM).write(html, tmp_path / "rep.pdf")
    assert (tmp_path / "rep.pdf").read_bytes().startswith(b"%PDF-")


def test_nothing_hostile_runs(browser, tmp_path, hostile, settings, company):
    index = write_report(hostile, tmp_path / "reports" / "w", recordings=tmp_path / "inbox")
    context = browser.new_context(viewport=DESK)
    watched = Watched(context)
    watched.page.on("dialog", lambda dialog: (watched.troubles.append(f"dialog {dialog.message}"), dialog.dismiss()))
    for path in pages_of(index.parent):
        page = watched.open(path)
        assert page.evaluate("window.hacked === undefined")
        assert page.evaluate("document.querySelectorAll('img, iframe, object, embed, form, base').length") == 0
    context.close()
    assert watched.troubles == []
    assert json.dumps(watched.requests).count("evil") == 0
