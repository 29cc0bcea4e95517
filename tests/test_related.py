"""related: who shares a branch with a trained language, and what that table can and cannot say."""

import pytest

from llamax_kit.data import languages
from llamax_kit.data import relatedness as related
from llamax_kit.utils.errors import UnknownName


def test_the_halves_of_flores_200_by_kind():
    kinds = related.relatedness(each.code for each in languages.all_languages())["relatedness"].value_counts()
    assert kinds.to_dict() == {related.TRAINED: 102, related.RELATED: 85, related.UNRELATED: 17}


@pytest.mark.parametrize(
    ("code", "kind", "relatives"),
    [
        ("yue_Hant", related.RELATED, ["zh", "zhtrad"]),
        ("scn_Latn", related.RELATED, ["ast", "ca", "es", "fr", "gl", "it", "oc", "pt", "ro"]),
        ("als_Latn", related.UNRELATED, []),
        ("eus_Latn", related.UNRELATED, []),
        ("hat_Latn", related.UNRELATED, []),  # French in its words, but in a family of its own in the paper's file
        ("pap_Latn", related.RELATED, ["kea"]),  # which has no training data
        ("ja", related.TRAINED, []),
        ("zh", related.TRAINED, ["zhtrad"]),
    ],
)
def test_relatives(code, kind, relatives):
    assert related.kind(code) == kind
    assert related.relatives(code) == relatives


def test_every_language_has_a_branch_and_no_two_families_share_its_name():
    table = related.relatedness(each.code for each in languages.all_languages())
    assert (table["branch"] != "").all()
    assert languages.table().groupby("family_2")["family_1"].nunique().max() == 1


def test_being_related_is_mutual_and_never_to_oneself():
    trained = [each.code for each in languages.all_languages() if each.trained]
    for code in trained:
        assert code not in related.relatives(code)
        assert all(code in related.relatives(other) for other in related.relatives(code))


def test_a_language_whose_branch_is_not_known_is_neither_related_nor_unrelated(monkeypatch):
    nobody = languages.find("eus_Latn")._replace(family_2="")
    monkeypatch.setattr(related, "find", lambda code: nobody)
    assert related.branch("eus_Latn") == "" and related.relatives("eus_Latn") == []
    assert related.kind("eus_Latn") == related.UNKNOWN


def test_an_unknown_language_is_refused():
    with pytest.raises(UnknownName, match="xx_Latn"):
        related.relatedness(["sw", "xx_Latn"])
