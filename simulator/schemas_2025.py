# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The models of API version 2025-05: those of 2024-08, with labels."""

from . import schemas_2024 as before
from .schemas_2024 import (
    InstanceTypesV1ListResponse,
    ListImageExternalV1,
    ListSnapshotResponseV1,
    SnapshotResponseV1,
    SnapshotRestoreRequestV1Default,
)

__all__ = [
    "InstanceCreateRequestV1Default",
    "InstanceTypesV1ListResponse",
    "InstanceV1Response",
    "ListImageExternalV1",
    "ListInstanceV1Response",
    "ListSnapshotResponseV1",
    "SnapshotResponseV1",
    "SnapshotRestoreRequestV1Default",
]


class InstanceCreateRequestV1Default(before.InstanceCreateRequestV1Default):
    labels: list[str] | None = None


class InstanceV1Response(before.InstanceV1Response):
    labels: list[str] | None = None


class ListInstanceV1Response(before.ListInstanceV1Response):
    instances: list[InstanceV1Response]  # type: ignore[assignment]
