from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from convintel.errors import SettingsError, WorkspaceError
from convintel.outcomes import read_deals
from convintel.outcomes.cells import id_key, read_amount, read_date, read_flag
from convintel.outcomes.headers import FIELDS, aliases, plain
from convintel.recordings.roster import Rep, read_roster
from convintel.resources import resource
from convintel.settings import Crm, Settings

ANA = Rep("ana@seller.example", "Ana García", aliases=("AGarcia",))
BEN = Rep("ben@seller.example", "Ben Okoye")
HEADER = (
    "Opportunity ID,Opportunity Name,Account Name,Stage,Amount,Created Date,Close Date,Closed,Won,Opportunity Owner"
)


def read(tmp_path, *lines, header=HEADER, reps=(ANA, BEN), encoding="utf-8", **crm):
    path = tmp_path / "deals.csv"
    path.write_bytes("\n".join([header, *lines]).encode(encoding))
    return read_deals(path, reps=reps, settings=Settings(crm=Crm(**crm)))


def test_every_row_of_the_sample_export_is_a_deal_or_listed():
    samples = resource("samples")
    deals, unused = read_deals(samples / "deals.csv", reps=read_roster(samples).reps, settings=Settings())
    lines = [line for line in (samples / "deals.csv").read_text(encoding="utf-8").splitlines() if line.count(",") > 5]
    set_aside = unused.filter(unused["severity"] == "set aside")
    assert deals.height + set_aside.height == len(lines) - 1
    assert deals["owner"].drop_nulls().n_unique() == 4
    assert unused.filter(unused["severity"] == "note")["what"].to_list() == ["5 footer lines are not deals"]
    what = " | ".join(set_aside["what"])
    for reason in ("no deal id", "before it was created", "is on line 39", "disagree"):
        assert reason in what


def test_ids_that_differ_in_case_alone_are_two_deals(tmp_path):
    deals, unused = read(
        tmp_path,
        "006Tr00000AbCdE,X,Acme,Closed Won,1,1/2/2026,2/2/2026,1,1,Ana García",
        "006Tr00000aBcDe,Y,Acme,Closed Lost,1,1/2/2026,2/2/2026,1,0,Ana García",
    )
    assert deals["deal_id"].to_list() == ["006Tr00000AbCdE", "006Tr00000aBcDe"]
    assert unused.is_empty()


def test_eighteen_characters_are_the_deal_of_their_first_fifteen(tmp_path):
    line = "{},X,Acme,Closed Won,1,1/2/2026,2/2/2026,1,1,Ana García"
    deals, unused = read(tmp_path, line.format("006Tr00000AbCdE"), line.format("006Tr00000AbCdEIAB"))
    assert deals.height == 1
    assert unused["what"].to_list() == ["deal 006Tr00000AbCdE stands on line 2 already"]
    assert id_key("001Tr00000AbCdEIAB") == "001Tr00000AbCdEIAB"  # not an opportunity


def test_rows_of_contact_roles_become_one_deal_with_all_contacts(tmp_path):
    line = "006Tr00000AbCdE,X,Acme,Demo,1,1/2/2026,2/2/2026,0,0,Ana García,{},{}"
    deals, unused = read(
        tmp_path,
        line.format("b@acme.example", "+1 919 555 0101"),
        line.format("A@acme.example", "(919) 555-0102"),
        header=HEADER + ",Contact Email,Contact Phone",
    )
    assert unused.is_empty()
    assert deals.row(0, named=True)["contact_emails"] == "a@acme.example;b@acme.example"
    assert deals.row(0, named=True)["contact_phones"] == "+19195550101;+19195550102"


def test_dates_are_read_as_declared_and_never_guessed(tmp_path):
    lines = [
        "A1,X,Acme,Closed Won,1,03/04/2026,2026-05-06,1,1,Ana García",
        "A2,X,Acme,Closed Won,1,1/2/2026,25/12/2026,1,1,Ana García",
    ]
    deals, unused = read(tmp_path, *lines)
    assert deals.select("created", "closed").row(0) == (date(2026, 3, 4), date(2026, 5, 6))
    assert unused.row(0, named=True)["what"] == "close date '25/12/2026' cannot be read"
    assert unused.row(0, named=True)["row"] == 3
    european, _ = read(tmp_path, lines[0], date_format="%d/%m/%Y")
    assert european["created"].to_list() == [date(2026, 4, 3)]


@pytest.mark.parametrize("text", ["2026-11-01T09:30:00Z", "11/01/2026 9:30", "11/1/2026"])
def test_a_time_of_day_is_dropped(text):
    assert read_date(text, "%m/%d/%Y") == date(2026, 11, 1)


def test_windows_encoding_and_semicolons(tmp_path):
    deals, unused = read(
        tmp_path,
        "A1;X;Müller & Söhne;Closed Won;1.250,50;01.02.2026;03.02.2026;1;1;Ana García",
        header=HEADER.replace(",", ";"),
        encoding="cp1252",
        date_format="%d.%m.%Y",
        decimal=",",
    )
    assert unused.is_empty()
    assert deals.select("account", "amount", "owner").row(0) == ("Müller & Söhne", 1250.5, ANA.email)


def test_a_rep_spelt_differently_is_suggested_and_not_merged(tmp_path):
    line = "{},X,Acme,Closed Won,1,1/2/2026,2/2/2026,1,1,{}"
    deals, unused = read(
        tmp_path, line.format("A1", "ana garcia"), line.format("A2", "Anna Garzia"), line.format("A3", "AGarcia")
    )
    assert deals["owner"].to_list() == [ANA.email, None, ANA.email]
    assert deals["owner_name"].to_list()[1] == "Anna Garzia"
    assert "if ana@seller.example is meant" in unused["remedy"][0]


def test_flags_and_stage_that_disagree_set_the_row_aside(tmp_path):
    deals, unused = read(tmp_path, "A1,X,Acme,Closed Won,1,1/2/2026,2/2/2026,1,0,Ana García")
    assert deals.is_empty()
    assert "disagree" in unused["what"][0]


def test_unreadable_cells_cost_the_cell_and_not_the_deal(tmp_path):
    deals, unused = read(tmp_path, "A1,X,Acme,Demo,tbc,soon,,0,0,Ana García")
    assert deals.select("amount", "created", "outcome").row(0) == (None, None, "open")
    assert unused["severity"].to_list() == ["partly used", "partly used"]


def test_pipedrive_status_decides_and_won_time_closes(tmp_path):
    deals, unused = read(
        tmp_path,
        "7,Big one,Won,Demo,1000,EUR,2026-01-02 10:00:00,2026-03-05 11:00:00,,Ben Okoye",
        "8,Small one,Open,Demo,10,EUR,2026-01-02 10:00:00,,,Ben Okoye",
        header="Deal - ID,Deal - Title,Deal - Status,Deal - Stage,Deal - Value,Deal - Currency of value,"
        "Deal - Deal created,Deal - Won time,Deal - Lost time,Deal - Owner",
    )
    assert unused.is_empty()
    assert deals["outcome"].to_list() == ["won", "open"]
    assert deals["closed"].to_list() == [date(2026, 3, 5), None]


def test_hubspot_stage_with_its_pipeline(tmp_path):
    deals, _ = read(
        tmp_path,
        "123,Big one,Closed Won (Sales Pipeline),2026-01-02,2026-03-05,Ben Okoye",
        "124,Other,Contract sent (Sales Pipeline),2026-01-02,2026-03-05,Ben Okoye",
        header="Record ID,Deal Name,Deal Stage,Create Date,Close Date,Deal owner",
    )
    assert deals["outcome"].to_list() == ["won", "open"]


def test_renamed_headers_are_named_in_the_settings(tmp_path):
    header = "Číslo,Krok,Založeno,Uzavřeno"
    none, unused = read(tmp_path, "1,Closed Won,2026-01-02,2026-02-02", header=header)
    assert none.is_empty()
    assert "no column for deal_id and stage" in unused["what"][0]
    aliases = {"deal_id": ("Číslo",), "stage": ("Krok",), "created": ("Založeno",), "closed": ("Uzavřeno",)}
    deals, _ = read(tmp_path, "1,Closed Won,2026-01-02,2026-02-02", header=header, aliases=aliases)
    assert deals["outcome"].to_list() == ["won"]
    with pytest.raises(SettingsError, match="no field dealid"):
        read(tmp_path, header=header, aliases={"dealid": ("x",)})


def test_a_title_above_the_header_is_skipped_and_lines_keep_their_numbers(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text(f"Deals of the year\n\n{HEADER}\n,X,Acme,Demo,1,,,0,0,Ana García\n", encoding="utf-8-sig")
    deals, unused = read_deals(path, reps=(ANA,), settings=Settings())
    assert deals.is_empty()
    assert unused["row"].to_list() == [4]


def test_a_file_that_is_not_there():
    with pytest.raises(WorkspaceError, match="cannot read"):
        read_deals(Path("nowhere.csv"), reps=(), settings=Settings())


def test_an_empty_file(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text("")
    deals, unused = read_deals(path, reps=(), settings=Settings())
    assert deals.is_empty()
    assert "the file has: nothing" in unused["what"][0]


def test_amounts_and_flags():
    assert read_amount("$-5", ".") is None
    assert read_amount("1.234.567,8", ",") == 1234567.8
    assert (read_flag("TRUE"), read_flag("0"), read_flag("maybe")) == (True, False, None)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (
            "Opportunity-ID;Opportunity-Name;Accountname;Phase;Betrag;Erstelldatum;Schlusstermin;Opportunity-Inhaber",
            "006Tr00000AbCdE;X;Acme GmbH;Geschlossen und gewonnen;1.250,50;01.02.2026;03.02.2026;Ana García",
        ),
        (
            "ID de l’opportunité;Nom de l'opportunité;Nom du compte;Étape;Montant;Date de création;Date de clôture;"
            "Propriétaire de l'opportunité",
            "006Tr00000AbCdE;X;Acme GmbH;Fermée gagnée;1 250,50;01.02.2026;03.02.2026;Ana García",
        ),
        (
            "ID de registro;Nombre del negocio;Empresa asociada;Etapa del negocio;Valor;Fecha de creación;"
            "Fecha de cierre;Propietario del negocio",
            "006Tr00000AbCdE;X;Acme GmbH;Cerrado ganado (Ventas);1250,50;01.02.2026;03.02.2026;Ana García",
        ),
    ],
)
def test_exports_in_other_languages(tmp_path, header, line):
    deals, unused = read(tmp_path, line, header=header, date_format="%d.%m.%Y", decimal=",")
    assert unused.is_empty()
    row = deals.row(0, named=True)
    assert (row["outcome"], row["amount"], row["account"], row["owner"]) == ("won", 1250.5, "Acme GmbH", ANA.email)
    assert (row["created"], row["closed"]) == (date(2026, 2, 1), date(2026, 2, 3))


def test_no_header_of_a_crm_means_two_things():
    for kind, fields in aliases().items():
        assert set(fields) <= set(FIELDS)
        meant: dict[str, str] = {}
        for field, headers in fields.items():
            for header in headers:
                assert meant.setdefault(plain(header), field) == field, (kind, header)


def test_several_currencies_are_noted(tmp_path):
    line = "{},X,Acme,Demo,{} 10,1/2/2026,2/2/2026,0,0,Ana García"
    deals, unused = read(tmp_path, line.format("A1", "EUR"), line.format("A2", "USD"))
    assert deals["currency"].to_list() == ["EUR", "USD"]
    assert unused["what"].to_list() == ["amounts are in EUR and USD: never added up"]
