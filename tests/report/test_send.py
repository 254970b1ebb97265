"""Pages sent through Apprise to sinks on the loopback address: who gets what, and that words stay at home."""

import base64
import email
import email.policy
import http.server
import json
import socketserver
import threading
from contextlib import contextmanager
from urllib.parse import unquote

import pytest
from markupsafe import escape

from convintel.errors import ConvintelError
from convintel.pipeline import deliver
from convintel.report.send import messages, send
from convintel.settings import Delivery

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise still looks


class Post(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted as JSON; /broken refuses."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        broken = self.path.startswith("/broken")
        if not broken:
            self.server.kept.append((unquote(self.path), json.loads(body)))
        self.send_response(500 if broken else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    """As much SMTP as it takes to keep a mail."""

    def handle(self):
        self.say("220 sink")
        to = []
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "RCPT":
                to.append(line.split("<")[1].split(">")[0])
            if verb == "DATA":
                self.say("354 go on")
                self.server.kept.append((to, self.read_mail()))
            self.say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def read_mail(self):
        kept = b""
        while (line := self.rfile.readline()) != b".\r\n":
            kept += line
        return email.message_from_bytes(kept, policy=email.policy.default)

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def sink(server_class, handler):
    with server_class(("127.0.0.1", 0), handler) as server:
        server.kept = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def posts():
    with sink(http.server.ThreadingHTTPServer, Post) as server:
        yield server


@pytest.fixture
def mails():
    with sink(socketserver.ThreadingTCPServer, Mail) as server:
        yield server


def page_of(posted):
    return base64.b64decode(posted["attachments"][0]["base64"]).decode()


def everything(posted):
    return posted["title"] + posted["message"] + page_of(posted)


def said(summary):
    return {turn["text"] for call in summary["calls"] for turn in call["turns"] if len(turn["text"].split()) > 5}


def test_managers_get_the_team_page_and_each_rep_only_the_own(posts, summary):
    root = f"json://127.0.0.1:{posts.server_port}"
    delivery = Delivery(managers=(f"{root}/managers",), reps=f"{root}/{{email}}", quotes=True)
    assert [send(message) for message in messages(summary, delivery)] == [None] * (len(posts.kept))
    people = {person["email"]: person for person in summary["people"] if person["n"]}
    assert [path for path, _ in posts.kept] == ["/managers", *(f"/{address}" for address in people)]
    for path, posted in posts.kept[1:]:
        mine = people[path[1:]]
        others = [person["name"] for person in people.values() if person is not mine]
        assert mine["name"] in page_of(posted)
        lent = {one["who"] for advice in mine["priorities"] for one in advice["good"] if one["borrowed"]}
        assert not [name for name in others if name in everything(posted) and name not in lent]
    assert all(person["name"] in page_of(posts.kept[0][1]) for person in people.values())


@pytest.mark.parametrize("quotes", [False, True])
def test_what_was_said_stays_at_home_unless_it_is_wanted(posts, summary, quotes):
    root = f"json://127.0.0.1:{posts.server_port}"
    for message in messages(summary, Delivery(managers=(root,), reps=f"{root}/{{email}}", quotes=quotes)):
        assert send(message) is None
    told = [text for _, posted in posts.kept for text in said(summary) if text[:40] in posted["message"]]
    assert told == []
    shown = [text for _, posted in posts.kept for text in said(summary) if str(escape(text[:40])) in page_of(posted)]
    assert bool(shown) is quotes


def test_a_mail_carries_text_and_page(mails, summary):
    url = f"mailto://127.0.0.1:{mails.server_address[1]}?from=reports@firm.example&to={{email}}"
    wanted = list(messages(summary, Delivery(reps=url)))
    assert [send(message) for message in wanted] == [None] * len(wanted)
    assert [to for to, _ in mails.kept] == [[message.to] for message in wanted]
    for message, (_, mail) in zip(wanted, mails.kept, strict=True):
        assert mail["Subject"] == message.title
        (attached,) = mail.iter_attachments()
        assert attached.get_filename() == message.name
        assert attached.get_payload(decode=True).decode() == message.page


def test_a_message_is_sent_once_and_what_failed_is_tried_again(posts, summary, tmp_path, monkeypatch):
    root = f"json://127.0.0.1:{posts.server_port}"
    (tmp_path / "convintel.toml").write_text(
        f'[delivery]\nmanagers = ["{root}/one", "{root}/broken"]\n', encoding="utf-8"
    )
    monkeypatch.setattr("convintel.pipeline.delivery.read_report", lambda *_, week=None: (summary["week"], summary, {}))
    for _ in range(2):
        with pytest.raises(ConvintelError, match=r"1 of 2 messages were not delivered: managers \(json\)"):
            deliver(tmp_path)
    assert [path for path, _ in posts.kept] == ["/one"]
    (tmp_path / "convintel.toml").write_text(f'[delivery]\nmanagers = ["{root}/one", "{root}/two"]\n', encoding="utf-8")
    result = deliver(tmp_path)
    assert (len(result.sent), len(result.before)) == (1, 1)
    assert [path for path, _ in posts.kept] == ["/one", "/two"]
    assert len(deliver(tmp_path, again=True).sent) == 2


def test_secrets_are_not_shown(summary):
    (message,) = messages(summary, Delivery(managers=("mailtos://me:secret@mail.example",)))
    assert "secret" not in repr(message) + message.service + message.body
    assert "secret" not in repr(Delivery(managers=("mailtos://me:secret@mail.example",)))


def test_an_address_in_the_roster_cannot_redirect_a_message(summary):
    person = {**summary["people"][0], "email": "a@x.example?to=evil@evil.example&cc=b"}
    changed = {**summary, "people": [person]}
    (message,) = messages(changed, Delivery(reps="mailto://127.0.0.1?to={email}"))
    assert message.url.get_secret_value() == "mailto://127.0.0.1?to=a@x.example%3Fto%3Devil@evil.example%26cc%3Db"


def test_the_link_leads_to_the_page(summary):
    delivery = Delivery(
        managers=("json://h",), reps="json://h/{email}", attach=False, link="https://intranet.example/r/"
    )
    first, *rest = messages(summary, delivery)
    assert f"https://intranet.example/r/{summary['week']}/index.html" in first.body
    assert first.page is None
    assert all(f"/r/{summary['week']}/reps/" in message.body for message in rest)
