# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The models that both editions share. Their names are the contracts' own, and show in the OpenAPI page."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Label = Annotated[str, Field(min_length=1, max_length=255)]  # what a name or an id may be
UserData = Annotated[str, Field(min_length=1, max_length=65000)]
InstanceV1State = Literal["new", "error", "running", "stopped", "suspended", "deleted"]


def known(*values: str) -> Any:
    """A status: an open set, of which these are known."""
    return Annotated[str, Field(json_schema_extra={"x-known-values": list(values)})]


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
