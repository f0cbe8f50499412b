# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of resources, and the fields that a resource of each kind has."""

from __future__ import annotations

from typing import Any, Generic, TypedDict, TypeVar

Fields = dict[str, Any]  # of any kind, or a part of the fields


class Error(TypedDict):
    slug: str
    message: str


class TypeFields(TypedDict):
    """A machine type, as an instance or a copy keeps it."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    gpu: int


class ImageFields(TypedDict):
    """An image, as an instance or a copy keeps it, with its requirements."""

    id: str
    name: str
    platform: str
    vcpu: int
    ram: int  # GB
    disk: int


class Vpc(TypedDict):
    id: str
    name: str


class Requirements(TypedDict):
    vcpu: int
    ram: int
    disk: int


# The moment from which a Windows password can be read, or the moment at which it was read.
Password = TypedDict("Password", {"from": float, "read": float}, total=False)


class SeededFields(TypedDict, total=False):
    odd: Fields  # values that replace those of a response, by dotted names


class CommonFields(SeededFields):
    name: str | None
    status: str
    created_at: str
    updated_at: str | None
    error: Error | None


class NetworkFields(TypedDict):
    vpc: Vpc
    interfaces: list[str]  # ids, the primary interface first
    public_ip: str | None
    address_from: float  # the moment from which a response shows public_ip


class InstanceFields(CommonFields, NetworkFields):
    state: str
    machine_type: TypeFields | None
    image: ImageFields | None
    ssh_key_name: str | None
    availability_zone: str
    user_data: str | None
    labels: list[str] | None
    volumes: list[str]
    password: Password | None


class Source(TypedDict):
    """The instance that a copy was made from, as it was then."""

    id: str
    name: str | None
    machine_type: TypeFields | None
    image: ImageFields | None


class CopyFields(CommonFields):
    """A snapshot or a backup."""

    state: str
    backup_type: str
    source: Source
    instance: Source | None  # None where responses show no source
    size: int
    min_disk: int


class CustomImageFields(CommonFields):
    description: str | None
    version: str | None
    requirements: Requirements | None
    metadata: dict[str, str] | None
    platform: str
    license: str
    architecture: str
    uefi: bool
    url: str


F = TypeVar("F", bound=CommonFields)


class Kind(str, Generic[F]):
    """The name of a kind; its type says which fields a resource of that kind has."""

    __slots__ = ()


INSTANCE: Kind[InstanceFields] = Kind("instance")
SNAPSHOT: Kind[CopyFields] = Kind("snapshot")
BACKUP: Kind[CopyFields] = Kind("backup")
CUSTOM_IMAGE: Kind[CustomImageFields] = Kind("custom_image")
# Each kind -> the key that holds its resources in a list.
LIST_KEYS: dict[Kind[Any], str] = {
    INSTANCE: "instances", SNAPSHOT: "snapshots", BACKUP: "backups", CUSTOM_IMAGE: "images"
}  # fmt: skip
# Each kind -> the fields that each of its resources has.
FIELDS: dict[Kind[Any], frozenset[str]] = {
    INSTANCE: InstanceFields.__required_keys__, SNAPSHOT: CopyFields.__required_keys__,
    BACKUP: CopyFields.__required_keys__, CUSTOM_IMAGE: CustomImageFields.__required_keys__,
}  # fmt: skip


class Interface(TypedDict, total=False):
    name: str
    private_ipv4: str
    public_ipv6: str
    security_groups: list[str]
    gone: float  # the moment of its deletion


class PublicIp(TypedDict):
    id: str
    address: str
    instance: str  # id of the instance that it was made for
    until: float  # the moment of its release
