# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An option of an instance has the same documentation in every module that has the option."""

from __future__ import annotations

import pytest

from tests.docs import suboptions
from tests.support.documents import load_yaml


@pytest.mark.parametrize("place", suboptions.PLACES, ids=lambda place: place.file.stem)
def test_suboptions_are_documented_as_the_options_of_vm_instance(place: suboptions.Place) -> None:
    """Suboptions have vm_instance's documentation. After an intended change, run python -m tests.docs.suboptions."""
    assert suboptions.written(place) == place.file.read_text()


def test_references_lead_to_vm_instance_and_nothing_is_lost() -> None:
    place = suboptions.PLACES[0]
    found = load_yaml("suboptions:\n" + suboptions.suboptions(place))["suboptions"]
    source = load_yaml(suboptions.SOURCE.read_text().split('r"""')[1].split('"""')[0])["options"]
    assert list(found) == list(place.names)
    for name, option in found.items():
        own = {key: value for key, value in source[name].items() if key not in ("description", "suboptions", "default")}
        assert {key: option[key] for key in own} == own
        words = " ".join(map(str, option["description"])).replace("magalu.cloud.vm_instance#module:", "")
        assert words == " ".join(map(str, source[name]["description"])), name
