# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machine types and images, with the cloud's real naming."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

_NAMESPACE = uuid.UUID("b7c0f4f2-6a3e-4a53-9a2b-7d3c0f7f5b11")


class MachineType(NamedTuple):
    id: str
    name: str
    vcpus: int
    ram: int  # GB in some rows, MB in others, as in the cloud
    disk: int
    gpu: int
    status: str
    zones: tuple[str, ...]  # letters of the zones that offer it

    @property
    def megabytes(self) -> int:
        return self.ram if self.ram >= 512 else self.ram * 1024


class Image(NamedTuple):
    id: str
    name: str
    platform: str
    version: str | None
    status: str
    vcpu: int
    ram: int  # GB
    disk: int
    release_at: str | None
    end_life_at: str | None
    zones: tuple[str, ...] = ("a", "b", "c")  # letters of the zones that offer it


def _make_id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


def _make_types() -> list[MachineType]:
    rows: list[tuple[Any, ...]] = [
        (f"BV{vcpus}-{ram}-{disk}", vcpus, ram * 1024, disk, 0, "abc")
        for vcpus, ram in ((1, 1), (1, 2), (2, 2), (2, 4), (2, 8), (4, 8), (4, 16), (8, 16), (8, 32), (16, 64))
        for disk in (10, 20, 40, 100, 150)
    ]
    rows.append(("BV1-4-10", 1, 4096, 10, 0, "abc"))
    rows += [(f"DP{vcpus}-{ram}-{disk}", vcpus, ram, disk, 0, "ab") for vcpus, ram, disk in
             ((1, 4, 40), (2, 8, 40), (4, 16, 100), (8, 32, 100), (16, 64, 100), (32, 128, 200))]  # fmt: skip
    rows += [
        ("L40x1-DP8-64-100", 8, 65536, 100, 1, "b"),
        ("L40x2-DP16-128-100", 16, 131072, 100, 2, "b"),
        ("cloud-bs1.xsmall", 1, 1024, 20, 0, "a"),
        ("cloud-bs1.small", 1, 2048, 20, 0, "a"),
        ("cloud-bs1.medium", 2, 4096, 40, 0, "a"),
    ]
    return [MachineType(_make_id(name), name, vcpus, ram, disk, gpu, "active", tuple(zones))
            for name, vcpus, ram, disk, gpu, zones in rows]  # fmt: skip


MACHINE_TYPES = _make_types()
IMAGES = [
    Image(_make_id(name), name, platform, version, status, vcpu, ram, disk, release, end, tuple(zones))
    for name, platform, version, status, vcpu, ram, disk, release, end, zones in (
        ("cloud-ubuntu-24.04 LTS", "linux", "24.04", "active", 1, 1, 10, "2024-04-25", "2036-04-25", "abc"),
        ("cloud-ubuntu-22.04 LTS", "linux", "22.04", "active", 1, 1, 10, "2022-04-21", "2034-04-21", "abc"),
        ("cloud-ubuntu-20.04 LTS", "linux", "20.04", "deprecated", 1, 1, 10, "2020-04-23", "2025-05-31", "abc"),
        ("cloud-debian-12 LTS", "linux", "12", "active", 1, 1, 10, "2023-06-10", "2028-06-30", "abc"),
        ("cloud-debian-13 LTS", "linux", "13", "active", 1, 1, 10, "2025-05-09", "2030-06-30", "abc"),
        ("cloud-rocky-09", "linux", "9", "active", 1, 1, 10, "2022-07-14", "2032-05-31", "abc"),
        ("cloud-rocky-10", "linux", "10", "active", 2, 4, 40, "2025-06-11", "2035-05-31", "ab"),
        ("cloud-oraclelinux-8", "linux", "8", "active", 2, 4, 40, "2019-07-18", "2029-07-31", "ab"),
        ("cloud-oraclelinux-9", "linux", "9", "active", 2, 4, 40, "2022-07-06", "2032-06-30", "ab"),
        ("cloud-oraclelinux-10", "linux", "10", "active", 2, 4, 40, "2025-06-26", "2035-06-30", "ab"),
        ("cloud-fedora-42", "linux", "42", "active", 1, 1, 10, "2025-04-15", "2026-05-13", "a"),
        ("cloud-fedora-43", "linux", "43", "active", 1, 1, 10, "2025-10-28", "2026-12-02", "a"),
        ("cloud-opensuse-15.5", "linux", "15.5", "deprecated", 1, 1, 10, "2023-06-07", "2024-12-31", "abc"),
        ("cloud-opensuse-15.6", "linux", "15.6", "active", 1, 1, 10, None, None, "abc"),
        ("windows-server-2022", "windows", "2022", "active", 2, 4, 40, "2021-08-18", "2031-10-14", "abc"),
        ("windows-server-2019", "windows", "2019", "active", 2, 4, 40, "2018-11-13", "2029-01-09", "abc"),
        ("windows-server-2022-sql-server-2022", "windows", "2022", "active", 2, 4, 40, "2022-11-16", "2031-10-14", "a"),
    )
]
TYPES_BY_ID = {row.id: row for row in MACHINE_TYPES}
TYPES_BY_NAME = {row.name: row for row in MACHINE_TYPES}
IMAGES_BY_ID = {row.id: row for row in IMAGES}
IMAGES_BY_NAME = {row.name: row for row in IMAGES}
