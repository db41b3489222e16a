import pytest

from clew.errors import BadQuery
from clew.store.retention_rules import DEFAULT_RULES, KeepRule, parse_rules
from tests.house.project_files import ROOT
from tests.store.aging_store import forms_of

FULL = """
max_age = "10d"
max_age_errors = "90d"
counts_max_age = "100d"
max_bytes = "1.5GB"
[services.checkout]
max_age = "60d"
traces_per_day = 1000
[sampling]
keep_all_for = "6h"
probability = 0.1
[[sampling.keep]]
errors = true
[[sampling.keep]]
name = "gold"
attribute = "tier=gold"
service = "checkout"
[[sampling.keep]]
slow = 0.95
[[sampling.keep]]
rare = 10
"""


def test_rules_are_read() -> None:
    """Every key that there is, in its unit."""
    rules = parse_rules(FULL, forms_of)
    assert (rules.max_age_days, rules.max_age_errors_days, rules.counts_days) == (10, 90, 100)
    assert (rules.max_bytes, rules.service_days) == (1_500_000_000, {"checkout": 60})
    assert rules.sampling is not None
    assert (rules.sampling.keep_all_ns, rules.sampling.probability) == (6 * 3600 * 10**9, 0.1)
    assert rules.sampling.traces_per_day == {"checkout": 1000}
    gold = KeepRule("gold", "attribute", 0.0, "checkout", tuple(forms_of("tier", "gold")))
    assert rules.sampling.keep == (
        KeepRule("errors", "errors"),
        gold,
        KeepRule("slow", "slow", 0.95),
        KeepRule("rare", "rare", 10),
    )


def test_the_default_rules_keep_a_month() -> None:
    """All of 30 days, errors no longer, no sampling and no bound on the disk."""
    rules = parse_rules(DEFAULT_RULES, forms_of)
    assert (rules.max_age_days, rules.max_age_errors_days) == (30, 30)
    assert (rules.sampling, rules.max_bytes) == (None, None)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("max_age = ", "rules"),
        ('max_age = "1h"', "max_age"),
        ('max_age = "soon"', "max_age"),
        ('max_agee = "3d"', "max_agee"),
        ('max_bytes = "much"', "max_bytes"),
        ('[services.a]\nmax_aeg = "3d"', "services.a.max_aeg"),
        ("[services.a]\ntraces_per_day = 0\n[sampling]", "services.a.traces_per_day"),
        ("[sampling]\nprobability = 2", "sampling.probability"),
        ('[sampling]\nprobability = "half"', "sampling.probability"),
        ("[sampling]\nkeep = 3", "sampling.keep"),
        ("[[sampling.keep]]\nslow = 0.9\nrare = 3", "sampling.keep[0]"),
        ("[[sampling.keep]]\nerrors = true\n[[sampling.keep]]\nrare = 1.5", "sampling.keep[1].rare"),
        ("[[sampling.keep]]\nerrors = true\nservce = 'a'", "sampling.keep[0].servce"),
        ("[[sampling.keep]]\nattribute = 'gold'", "sampling.keep[0].attribute"),
        ('max_age = "800000d"', "max_age"),
        ('max_age_errors = "99999999999999d"', "max_age_errors"),
        ('counts_max_age = "' + "9" * 5000 + 'd"', "counts_max_age"),
        ('[sampling]\nkeep_all_for = "99999999999999999d"', "sampling.keep_all_for"),
        ("[sampling]\nprobability = 1" + "0" * 400, "sampling.probability"),
        ("[sampling]\nprobability = 0x" + "f" * 5000, "sampling.probability"),
        ("[sampling]\nprobability = nan", "sampling.probability"),
        ("[sampling]\n[[sampling.keep]]\nrare = 1" + "0" * 400, "sampling.keep[0].rare"),
        ("[services.a]\ntraces_per_day = 1" + "0" * 400 + "\n[sampling]", "services.a.traces_per_day"),
        ('max_bytes = "0.1"', "max_bytes"),
        ('max_bytes = "' + "9" * 400 + 'TB"', "max_bytes"),
        ("a = " + "[" * 5000, "rules"),
        ("a = 1" + "0" * 5000, "rules"),
        ("#" * (1 << 20) + "\n", "rules"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_key(text: str, key: str) -> None:
    """The message begins with where in the file it is."""
    with pytest.raises(BadQuery) as refused:
        parse_rules(text, forms_of)
    assert refused.value.key == key
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[smapling]", "there are: counts_max_age, max_age, max_age_errors, max_bytes, sampling, services"),
        ("[[sampling.keep]]\nerror = true", "there are: attribute, errors, name, rare, service, slow"),
        ("[services.a]\nmax_aeg = '3d'\n[sampling]", "there are: max_age, traces_per_day"),
        ("[services.a]\ntraces_per_day = 3", "there are: max_age"),
    ],
)
def test_an_unknown_key_is_told_of_all_that_there_are(text: str, reason: str) -> None:
    """Whether or not the file has them."""
    with pytest.raises(BadQuery) as refused:
        parse_rules(text, forms_of)
    assert refused.value.reason == f"is no key here; {reason}"


def test_a_value_without_quotes_is_told_how_it_is_written() -> None:
    """TOML's own message doesn't say so."""
    with pytest.raises(BadQuery, match=r'is not valid TOML: .*line 1.*; .* in quotes: max_age = "30d"$'):
        parse_rules("max_age = 30d", forms_of)


def test_the_rules_of_the_guide_are_accepted() -> None:
    """Every TOML block of the guide."""
    page = (ROOT / "docs/guides/retention.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in page.split("```toml\n")[1:]]
    assert len(blocks) >= 2
    for block in blocks:
        parse_rules(block, forms_of)


def test_rules_have_names_of_their_own() -> None:
    """An attribute's is the attribute; one that was there before gets a number."""
    entries = ("errors=true", "errors=true", 'attribute="a=1"', 'attribute="a=2"', 'name="errors 2"\nslow=0.9')
    text = "[sampling]\n" + "\n".join(f"[[sampling.keep]]\n{entry}" for entry in entries)
    sampling = parse_rules(text, forms_of).sampling
    assert sampling is not None
    assert [rule.name for rule in sampling.keep] == ["errors", "errors 2", "a=1", "a=2", "errors 2 2"]
