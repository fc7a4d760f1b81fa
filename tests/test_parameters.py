"""Parameter files: what wins over what, and every mistake that they can hold."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from sim.case import case
from sim.parameter.parameter_set import ParameterSet
from sim.vocabulary import errors, units
from sim.vocabulary.errors import InputError
from workshop import GRANTS, Workshop, says

OWN = "archipelago/parameters/border.toml"
SHOWN = "archipelago/parameters/border.toml"


def test_generic_parameters_have_one_element_per_label(workshop: Workshop) -> None:
    parameters = workshop.parameters()
    assert parameters.names() == (
        "border.crisis_rate",
        "border.taste",
        "grants.budget_growth",
        "grants.handover",
    )
    assert list(parameters)[:2] == ["border.crisis_rate.strait", "border.taste.borveil.patrol"]
    assert len(parameters) == 1 + 3 * 3 + 2
    assert parameters.dims("border.taste") == ("supplier", "category")
    assert parameters.array("border.taste").shape == (3, 3)
    assert parameters.array("grants.handover").shape == ()
    assert parameters.local("taste") == "border.taste"
    element = parameters["border.crisis_rate.strait"]
    assert (element.value, element.unit, element.bounds) == (0.15, "1/year", (0, 12))
    assert element.text() == "0.15 (lognormal, median 0.15, log s.d. 0.4)"
    assert element.evidence == ("mm_spillover",)
    assert element.file == "generic/border.toml"


def test_elements_are_in_c_order(workshop: Workshop) -> None:
    workshop.write(OWN, "[taste.at.cindral.strike]\nvalue = 1.5\n")
    parameters = workshop.parameters()
    array = parameters.array("border.taste")
    assert array[1, 1] == 1.5
    assert array.sum() == 1.5
    values = [element.value for element in parameters.elements("border.taste")]
    np.testing.assert_array_equal(array.ravel(), values)


def test_the_case_lies_over_the_generic_file_and_the_specific_over_the_general(workshop: Workshop) -> None:
    workshop.write(
        OWN,
        """
        [taste]
        value = 0.1
        [taste.at.cindral.strike]
        value = 0.4
        assumption = "Seen."
        [taste.at.cindral]
        value = 0.2
        distribution = { uniform = [0.1, 0.3] }
        [taste.at.relief]
        value = 0.3
        [extra]
        description = "Only here."
        unit = "share"
        value = 0.5
        bounds = [0, 1]
        assumption = "Invented."
        """,
    )
    parameters = workshop.parameters()
    wanted = [[0.1, 0.1, 0.3], [0.2, 0.4, 0.3], [0.1, 0.1, 0.3]]
    np.testing.assert_array_equal(parameters.array("border.taste"), wanted)
    assert parameters["border.extra"].value == 0.5
    assert parameters["border.taste.borveil.patrol"].distribution is None
    assert parameters["border.taste.cindral.patrol"].distribution is not None
    assert parameters["border.taste.cindral.strike"].distribution is None
    assert parameters["border.taste.cindral.strike"].assumption == "Seen."
    assert parameters["border.taste.cindral.strike"].file == SHOWN
    assert parameters["border.crisis_rate.strait"].file == "generic/border.toml"


def test_a_distribution_alone_makes_its_median_the_central_value(workshop: Workshop) -> None:
    workshop.write(OWN, "[taste.at.cindral]\ndistribution = { uniform = [1, 2] }\n")
    assert workshop.parameters()["border.taste.cindral.patrol"].value == 1.5


ELEMENT = "[crisis_rate.at.strait]\n"


@pytest.mark.parametrize(
    ("text", "kind", "place", "remedy", "value"),
    [
        ("[taste]\nvlue = 1\n", errors.UnknownName, "taste.vlue", "Did you mean value?", None),
        (ELEMENT + "vlue = 1\n", errors.UnknownName, "crisis_rate.at.strait.vlue", "Did you mean", "vlue"),
        ("[crisis_rate.at.strat]\n", errors.UnknownName, "crisis_rate.at.strat", "mean strait?", "strat"),
        ("[crisis_rate.at]\nstrait = 1\n", errors.WrongType, "crisis_rate.at.strait", "{ value = ... }", 1),
        (
            "[taste.at.strike.cindral]\n",
            errors.UnknownName,
            "taste.at.strike.cindral",
            "order supplier",
            "cindral",
        ),
        ('[taste]\nvalue = "1"\n', errors.WrongType, "taste.value", "without quotation marks", "1"),
        ("[taste]\nvalue = true\n", errors.WrongType, "taste.value", "Write a number", True),
        ("[taste]\nvalue = nan\n", errors.WrongType, "taste.value", "finite", None),
        ("[taste]\nbounds = [0, inf]\n", errors.WrongType, "taste.bounds[2]", "finite", float("inf")),
        ("[taste]\nbounds = [0]\n", errors.MissingField, "taste.bounds", "Give another", None),
        ("[taste]\nbounds = [2, 1]\n", errors.Contradiction, "taste.bounds", "Swap", [2.0, 1.0]),
        ("[taste]\nvalue = 4\n", errors.OutOfBounds, "taste.value", "between -3 and 3 (logit)", 4),
        (
            "[taste]\ndistribution = { uniform = [0, 4] }\n",
            errors.OutOfBounds,
            "taste.distribution.uniform",
            "Keep it between -3 and 3",
            [0.0, 4.0],
        ),
        (
            "[taste]\nvalue = 2\ndistribution = { uniform = [0, 1] }\n",
            errors.OutOfBounds,
            "taste.value",
            "Correct one of the two",
            2,
        ),
        (
            "[taste]\ndistribution = { unifrm = [0, 1] }\n",
            errors.UnknownName,
            "taste.distribution.unifrm",
            "Did you mean uniform?",
            None,
        ),
        ("[taste]\nvalue = 1" + "0" * 400 + "\n", errors.OutOfBounds, "taste.value", "Write a smaller", None),
        ('[taste]\nunit = "logits"\n', errors.UnknownUnit, "taste.unit", "Did you mean logit?", "logits"),
        ('[taste]\nevidence = ["mm_spilover"]\n', errors.UnknownName, "taste.evidence", "mm_spillover", None),
        ('[taste]\nevidence = "x"\n', errors.WrongType, "taste.evidence", "Write it as a list", "x"),
        ('[taste]\ndims = ["suplier"]\n', errors.UnknownName, "taste.dims", "Did you mean supplier?", None),
        (
            '[taste]\ndims = ["category", "supplier"]\n',
            errors.Contradiction,
            "taste.dims",
            'Write dims = ["supplier", "category"]',
            ["category", "supplier"],
        ),
        ("taste = 3\n", errors.WrongType, "taste", "Write it as a table", 3),
        (
            '[new]\nunit = "share"\nvalue = 1\nbounds = [0, 1]\nassumption = "x"\n',
            errors.MissingField,
            "new.description",
            "Add description",
            None,
        ),
        (
            '[new]\ndescription = "x"\nvalue = 1\nbounds = [0, 1]\nassumption = "x"\n',
            errors.MissingField,
            "new.unit",
            "Add unit",
            None,
        ),
        (
            '[new]\ndescription = "x"\nunit = "share"\nbounds = [0, 1]\nassumption = "x"\n',
            errors.MissingField,
            "new.value",
            "Add value",
            None,
        ),
        (
            '[new]\ndescription = "x"\nunit = "share"\nvalue = 1\nassumption = "x"\n',
            errors.MissingField,
            "new.bounds",
            "Add bounds",
            None,
        ),
        (
            '[new]\ndescription = "x"\nunit = "share"\nvalue = 1\nbounds = [0, 1]\n',
            errors.MissingEvidence,
            "new",
            'Add evidence = ["id"] or assumption = "why"',
            None,
        ),
    ],
)
def test_mistakes(
    workshop: Workshop, text: str, kind: type[InputError], place: str, remedy: str, value: object
) -> None:
    workshop.write(OWN, text)
    with pytest.raises(kind) as caught:
        workshop.parameters()
    says(caught.value, SHOWN, place, remedy, value)


def test_the_parameters_of_every_shipped_case_can_be_read() -> None:
    for name in case.shipped():
        parameters = ParameterSet.load(case.load(name))
        assert all(element.unit in units.UNITS for element in parameters.values())
        assert all(element.evidence or element.assumption for element in parameters.values())


def test_an_empty_assumption_is_none(workshop: Workshop) -> None:
    workshop.write(OWN, '[taste]\nassumption = ""\n')
    with pytest.raises(errors.MissingEvidence):
        workshop.parameters()


def test_names_differ_across_mechanisms(workshop: Workshop) -> None:
    workshop.write("archipelago/parameters/relations.toml", GRANTS)
    with pytest.raises(errors.DuplicateKey) as caught:
        workshop.parameters()
    says(caught.value, "archipelago/parameters/relations.toml", "budget_growth", "Rename one")


def test_replace(workshop: Workshop) -> None:
    before = workshop.parameters()
    after = before.replace(
        {
            "border.taste.cindral.strike": 3,
            "border.taste": {"value": 0.2, "uniform": [0.1, 0.4]},
            "border.taste.relief": {"distribution": {"uniform": [1, 2]}, "unit": "logit"},
            "grants.handover": 1,
        },
        "mine.toml",
    )
    wanted = [[0.2, 0.2, 1.5], [0.2, 3.0, 1.5], [0.2, 0.2, 1.5]]
    np.testing.assert_array_equal(after.array("border.taste"), wanted)
    assert after["grants.handover"].file == "mine.toml"
    assert after["grants.handover"].assumption == "Set by mine.toml."
    assert after["border.taste.cindral.strike"].distribution is None
    assert before["grants.handover"].value == 2
    assert before.digest() != after.digest()


def test_the_digest_follows_the_numbers_alone(workshop: Workshop) -> None:
    before = workshop.parameters()
    workshop.write("generic/grants.toml", GRANTS.replace("Round.", "Another reason."))
    assert workshop.parameters().digest() == before.digest()
    workshop.write("generic/grants.toml", GRANTS.replace("[0.0, 0.2]", "[0.0, 0.3]"))
    assert workshop.parameters().digest() != before.digest()


def test_only_another_number_is_a_change(workshop: Workshop) -> None:
    parameters = workshop.parameters()
    key, element = next((key, each) for key, each in parameters.items() if each.distribution is None)
    for value in (element.value, element.value / 2):
        is_other = parameters.replace({key: value}, "").digest() != parameters.digest()
        assert parameters.is_changed_by({key: value}) == is_other == (value != element.value)


def test_parameters_survive_a_trip_to_another_process(workshop: Workshop) -> None:
    parameters = workshop.parameters()
    copy: ParameterSet = pickle.loads(pickle.dumps(parameters))
    assert dict(copy) == dict(parameters)
    assert copy.digest() == parameters.digest()


@pytest.mark.parametrize(
    ("key", "change", "kind", "place", "remedy", "value"),
    [
        ("grants.handovr", 1, errors.UnknownName, "", "Did you mean grants.handover?", None),
        ("handover", 1, errors.UnknownName, "", "Did you mean grants.handover?", None),
        ("border.tast.cindral", 1, errors.UnknownName, "", "Did you mean border.taste.cindral?", None),
        ("border.taste.cindrel", 1, errors.UnknownName, "", "Did you mean cindral?", "cindrel"),
        ("grants.handover.cindral", 1, errors.UnknownName, "", "Leave the label out", "cindral"),
        ("grants.handover", 11, errors.OutOfBounds, "", "between 0 and 10 (years)", 11),
        ("grants.handover", True, errors.WrongType, "", "Write a finite number", True),
        ("grants.handover", "2", errors.WrongType, "", "Write a finite number", "2"),
        ("grants.handover", 10**400, errors.WrongType, "", "Write a finite number", None),
        ("grants.handover", [1], errors.WrongType, "", "Write a finite number", [1]),
        ("grants.handover", float("nan"), errors.WrongType, "", "Write a finite number", None),
        ("grants.handover", {"value": 11}, errors.OutOfBounds, ".value", "between 0 and 10", 11),
        ("grants.handover", {"unit": "years"}, errors.MissingField, "", "Add value", None),
        ("grants.handover", {"vlue": 1}, errors.UnknownName, ".vlue", "Did you mean value?", None),
        (
            "grants.handover",
            {"value": 1, "unit": "months"},
            errors.WrongUnit,
            ".unit",
            "grants.handover is in years",
            "months",
        ),
        (
            "grants.handover",
            {"value": 1, "unit": "yers"},
            errors.UnknownUnit,
            ".unit",
            "grants.handover is in years",
            "yers",
        ),
        ("grants.handover", {"uniform": [5, 11]}, errors.OutOfBounds, ".uniform", "between 0", [5, 11]),
        ("grants.handover", {"uniform": [5]}, errors.MissingField, ".uniform", "Write uniform", [5]),
        (
            "grants.handover",
            {"uniform": [1, 2], "distribution": {"uniform": [1, 2]}},
            errors.Contradiction,
            "",
            "Keep one",
            None,
        ),
    ],
)
def test_mistakes_in_changes(
    workshop: Workshop,
    key: str,
    change: object,
    kind: type[InputError],
    place: str,
    remedy: str,
    value: object,
) -> None:
    with pytest.raises(kind) as caught:
        workshop.parameters().replace({key: change}, "mine.toml")  # type: ignore[dict-item]
    says(caught.value, "mine.toml", f"set.{key}{place}", remedy, value)
