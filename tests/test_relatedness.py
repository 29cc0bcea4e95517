"""relatedness: who shares a branch with a trained language, and what that table can and cannot say."""

import pytest

from llamax_kit.data import languages, relatedness
from llamax_kit.utils.errors import UnknownName


def test_the_halves_of_flores_200_by_kind():
    kinds = relatedness.relatedness(each.code for each in languages.all_languages())["relatedness"].value_counts()
    assert kinds.to_dict() == {relatedness.TRAINED: 102, relatedness.RELATED: 85, relatedness.UNRELATED: 17}


@pytest.mark.parametrize(
    ("code", "kind", "relatives"),
    [
        ("yue_Hant", relatedness.RELATED, ["zh", "zhtrad"]),
        ("scn_Latn", relatedness.RELATED, ["ast", "ca", "es", "fr", "gl", "it", "oc", "pt", "ro"]),
        ("als_Latn", relatedness.UNRELATED, []),
        ("eus_Latn", relatedness.UNRELATED, []),
        ("hat_Latn", relatedness.UNRELATED, []),  # French in its words, but in a family of its own in the paper's file
        ("pap_Latn", relatedness.RELATED, ["kea"]),  # which has no training data
        ("ja", relatedness.TRAINED, []),
        ("zh", relatedness.TRAINED, ["zhtrad"]),
    ],
)
def test_relatives(code, kind, relatives):
    assert relatedness.kind(code) == kind
    assert relatedness.relatives(code) == relatives


def test_every_language_has_a_branch_and_no_two_families_share_its_name():
    table = relatedness.relatedness(each.code for each in languages.all_languages())
    assert (table["branch"] != "").all()
    assert languages.table().groupby("family_2")["family_1"].nunique().max() == 1


def test_being_related_is_mutual_and_never_to_oneself():
    trained = [each.code for each in languages.all_languages() if each.trained]
    for code in trained:
        assert code not in relatedness.relatives(code)
        assert all(code in relatedness.relatives(other) for other in relatedness.relatives(code))


def test_a_language_whose_branch_is_not_known_is_neither_related_nor_unrelated(monkeypatch):
    nobody = languages.find("eus_Latn")._replace(family_2="")
    monkeypatch.setattr(relatedness, "find", lambda code: nobody)
    assert relatedness.branch("eus_Latn") == "" and relatedness.relatives("eus_Latn") == []
    assert relatedness.kind("eus_Latn") == relatedness.UNKNOWN


def test_an_unknown_language_is_refused():
    with pytest.raises(UnknownName, match="'xx_Latn'.*llamax-kit languages"):
        relatedness.relatedness(["sw", "xx_Latn"])
