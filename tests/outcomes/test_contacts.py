"""A CRM whose deals name their contacts by id alone: the export of contacts says who they are."""

import pytest

from convintel.outcomes import read_deals
from convintel.settings import Crm, Settings

DEALS = """Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Associated Contact IDs
101,One,Closed Won,2026-02-02,Ana,7;8
102,Two,Closed Lost,2026-02-03,Ana,8
103,Three,Closed Lost,2026-02-03,Ana,
104,Four,Closed Lost,2026-02-03,Ana,99
"""
CONTACTS = """Record ID,First Name,Email,Phone Number,Associated Deal IDs
7,Sam,Sam@Customer.example,(415) 555-2671,101
8,Pat,pat@customer.example,,101;102
9,Kim,kim@customer.example,,103
10,Nobody,not an address,,
11,Bad,also none,,103
"""


def read(tmp_path, contacts=CONTACTS, deals=DEALS, **crm):
    (tmp_path / "deals.csv").write_text(deals, "utf-8")
    if contacts is not None:
        (tmp_path / "contacts.csv").write_text(contacts, "utf-8")
    settings = Settings(crm=Crm(date_format="%Y-%m-%d", **crm))
    table, unused = read_deals(tmp_path / "deals.csv", reps=(), settings=settings, contacts=tmp_path / "contacts.csv")
    told = dict(zip(table["deal_id"], table.select("contact_emails", "contact_phones").rows(), strict=True))
    return told, unused.filter(unused["severity"] != "note") if contacts else unused, unused


def test_contacts_come_by_the_ids_of_either_side(tmp_path):
    told, aside, unused = read(tmp_path)
    assert told["101"] == ("pat@customer.example;sam@customer.example", "+14155552671")
    assert told["102"] == ("pat@customer.example", None)
    assert told["103"] == ("kim@customer.example", None)
    assert told["104"] == (None, None)
    # the contact of no deal need not be mended
    assert aside.select("source", "row", "what").rows() == [("contacts.csv", 6, "'also none' is no e-mail address")]
    assert "1 of 3 contacts of deals are not in contacts.csv" in unused["what"].to_list()


def test_without_the_contacts_it_is_said_what_to_export(tmp_path):
    told, _, unused = read(tmp_path, contacts=None)
    assert set(told.values()) == {(None, None)}
    [row] = unused.filter(unused["what"].str.contains("by id")).to_dicts()
    assert row["what"].startswith("the deals name 3 contacts by id")
    assert "contacts.csv" in row["remedy"]


@pytest.mark.parametrize("contacts", ["", "a,b\n1,2\n", "Email\nx@y.example\n"])
def test_a_file_without_the_columns_is_set_aside_and_the_deals_stay(tmp_path, contacts):
    told, _, unused = read(tmp_path, contacts=contacts)
    assert len(told) == 4
    assert "no columns for id" in " ".join(unused.filter(unused["source"] == "contacts.csv")["what"])


def test_a_row_with_too_many_cells_is_set_aside(tmp_path):
    _, _, unused = read(tmp_path, contacts=CONTACTS + "12,A,B,c@d.example,,103,more\n")
    assert "more cells than the header has columns" in unused["what"].to_list()


def test_own_headers_by_alias(tmp_path):
    contacts = "Kontaktnummer,Mail\n8,pat@customer.example\n"
    aliases = {"contact_id": ("Associated Contact IDs", "Kontaktnummer"), "contact_email": ("Mail",)}
    told, _, _ = read(tmp_path, contacts=contacts, aliases=aliases)
    assert told["102"] == ("pat@customer.example", None)
