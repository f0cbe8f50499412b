# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step that deletes a resource, unless the resource is protected."""

from __future__ import annotations

from .._api.resources import Resource, Row
from .checks import refuse_protected
from .step import Step, resource_label


def deletion_step(
    kind: Resource, row: Row, part: str, protect_names: list[str] | None, protect_labels: list[str] | None = None,
    query: tuple[tuple[str, str], ...] = (),
) -> Step:  # fmt: skip
    """Return the step that deletes the resource. Raise `Refused` if it is protected.

    Labels that were not read count as protected.
    """
    label = resource_label(kind, row)
    refuse_protected(label, row, protect_names, protect_labels)
    return Step(
        "delete", f"delete {label}", "DELETE", f"{kind.path}/{row['id']}", {"gone": True}, None, query=query,
        target=str(row["id"]), allowed_in_transition=True, part=part,
    )  # fmt: skip
