# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The models that all API versions share, named as in the contracts."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Label = Annotated[str, Field(min_length=1, max_length=255)]  # a name or an id
UserData = Annotated[str, Field(min_length=1, max_length=65000)]
InstanceV1State = Literal["new", "error", "running", "stopped", "suspended", "deleted"]


def known_values(*values: str) -> Any:
    """Return the annotation of a status: a string, with these known values."""
    return Field(json_schema_extra={"x-known-values": list(values)})


class ID(BaseModel):
    id: Label


class Name(BaseModel):
    name: Label


class IntanceUpdateRequest(BaseModel):
    name: Label


class InstanceRetypeRequest(BaseModel):
    machine_type: ID | Name


class NICRequestInterfaceField(BaseModel):
    interface: ID


class NICRequest(BaseModel):
    instance: ID | Name
    network: NICRequestInterfaceField


class SnapshotCreateRequestV1(BaseModel):
    name: Label
    instance: ID | Name


class SnapshotRenameRequest(BaseModel):
    name: Label


class CreateResponse(BaseModel):
    id: str


class ErrorMessageV1(BaseModel):
    slug: str
    message: str


class ExceptionModel(BaseModel):
    slug: str
    message: str
    details: dict[str, Any]


class ValidationError(BaseModel):
    loc: list[str | int]
    msg: str
    type: str


class HTTPValidationError(BaseModel):
    detail: list[ValidationError] = None  # type: ignore[assignment]


class ImageReqMin(BaseModel):
    vcpu: int
    ram: int
    disk: int


class ImageInstanceV1Response(BaseModel, extra="allow"):
    id: str


class ImageExtendResponse(BaseModel):
    id: str
    name: str
    platform: str | None = None


class InstanceTypeForInstanceV1Response(BaseModel, extra="allow"):
    id: str


class InstanceTypesExtendResponse(BaseModel):
    id: str
    name: str
    vcpus: int
    ram: int
    disk: int


class VpcV1Expand(BaseModel):
    id: str
    name: str


class PortID(BaseModel):
    id: str


class NetworkPortsV1(BaseModel):
    ports: list[PortID]
