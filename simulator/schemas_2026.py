# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The models of API version 2026-08 that no other shares."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from . import schemas as common
from .schemas import ID, Label, Name, PortID, UserData, known_values

Platform = Literal["linux", "windows"]
License = Literal["unlicensed", "licensed"]
Regions = Literal["br-se1", "br-mgl1", "br-ne1"]
ImageV1Status = Annotated[str, known_values(
    "active", "deprecated", "deleted", "deleting", "deleting_error", "pending", "creating", "importing", "error",
)]  # fmt: skip
InstanceV1Status = Annotated[str, known_values(
    "attaching_nic", "attaching_nic_error", "detaching_nic", "attach_nic_pending", "detach_nic_pending",
    "detaching_nic_error", "provisioning", "creating", "creating_error", "creating_error_gpu",
    "creating_network_error", "creating_error_quota", "creating_error_quota_ram", "creating_error_quota_vcpu",
    "creating_error_quota_disk", "creating_error_quota_instance", "creating_error_quota_floating_ip",
    "creating_error_quota_network", "completed", "retyping_pending", "retyping", "retyping_confirmed",
    "retyping_error", "retyping_error_quota_ram", "retyping_error_quota_vcpu", "retyping_error_quota",
    "stopping_pending", "stopping", "stopping_error", "suspending_pending", "suspending", "suspending_error",
    "rebooting_pending", "rebooting", "rebooting_error", "starting_pending", "starting", "starting_error",
    "deleting_pending", "deleting", "deleting_error", "deleting_network_error", "deleted",
)]  # fmt: skip


class Interface(BaseModel):
    security_groups: list[ID] = []
    subnets: Annotated[list[ID], Field(max_length=1)] = None  # type: ignore[assignment]


class InstanceCreateRequestV1NetworkDefault(BaseModel):
    vpc: ID | Name | None = Name(name="vpc_default")
    interface: ID | Interface | None = None
    associate_public_ip: bool = True


DEFAULT_NETWORK = InstanceCreateRequestV1NetworkDefault()


class InstanceCreateRequestV1Default(BaseModel):
    name: Label
    machine_type: ID | Name
    ssh_key_name: str | None = None
    image: ID | Name
    availability_zone: str | None = None
    network: InstanceCreateRequestV1NetworkDefault | None = DEFAULT_NETWORK
    user_data: UserData | None = None
    labels: list[str] | None = None
    volumes: list[ID | Name] = None  # type: ignore[assignment]


class SnapshotRestoreRequestV1Default(BaseModel):
    name: Label
    machine_type: ID | Name
    ssh_key_name: str | None = None
    availability_zone: Label | None = "br-se1-a"
    network: InstanceCreateRequestV1NetworkDefault | None = DEFAULT_NETWORK
    user_data: UserData | None = None


class SnapshotCopyRequest(BaseModel):
    destination_region: Regions


class CustomImageRequirements(BaseModel):
    disk: int
    ram: int
    vcpu: int


class CreateCustomImageRequest(BaseModel):
    name: str
    description: str | None = None
    version: str | None = None
    url: str
    requirements: CustomImageRequirements = None  # type: ignore[assignment]
    platform: Platform
    license: License
    architecture: Literal["x86/64"]
    uefi: bool = False


class PatchCustomImageRequest(BaseModel):
    description: str | None = None
    version: str | None = None
    requirements: CustomImageRequirements | None = None


class ImageResponseV1(BaseModel):
    id: str


class MetaPage(BaseModel):
    limit: int
    offset: int
    count: int
    total: int


class Meta(BaseModel):
    page: MetaPage


class IpAddressExpand(BaseModel):
    publicIpAddress: str | None = None
    privateIpAddress: str | None = None
    ipV6Address: str | None = None


class PortV1Expand(BaseModel):
    id: str
    name: str
    ipAddresses: IpAddressExpand


class NetworkPortsV1Expand(BaseModel):
    vpc: common.VpcV1Expand | None = None
    ports: list[PortV1Expand] | None = None


class IpAddressNewExpand(BaseModel):
    private_ipv4: str | None = None
    public_ipv6: str | None = None


class PortNewExpand(BaseModel):
    id: str
    name: str
    security_groups: list[str] = []
    primary: bool = True
    associated_public_ipv4: str | None = None
    ip_addresses: IpAddressNewExpand | None = None


class NetworkPortsNew(BaseModel):
    interfaces: list[PortID]


class NetworkPortsNewExpand(BaseModel):
    vpc: common.VpcV1Expand | None = None
    interfaces: list[PortNewExpand] | None = None


class InstanceV1Response(BaseModel):
    id: str
    name: str | None = None
    machine_type: common.InstanceTypeForInstanceV1Response | common.InstanceTypesExtendResponse | None
    image: common.ImageInstanceV1Response | common.ImageExtendResponse | None
    status: InstanceV1Status
    state: common.InstanceV1State
    user_data: str | None = None
    created_at: str
    updated_at: str | None = None
    ssh_key_name: str | None = None
    availability_zone: str | None = None
    network: common.NetworkPortsV1 | NetworkPortsNew | NetworkPortsV1Expand | NetworkPortsNewExpand | None = None
    labels: list[str] | None = None
    error: common.ErrorMessageV1 | None = None


class ListInstanceV1Response(BaseModel):
    instances: list[InstanceV1Response]
    meta: Meta


class InstanceResponseSnapshotV1(BaseModel):
    id: str
    image: common.ImageInstanceV1Response | common.ImageExtendResponse | None
    machine_type: common.InstanceTypeForInstanceV1Response | common.InstanceTypesExtendResponse | None


class SnapshotResponseV1(BaseModel):
    id: str
    name: str | None = None
    status: str
    state: str
    created_at: str
    updated_at: str | None = None
    size: int
    instance: InstanceResponseSnapshotV1 | None


class ListSnapshotResponseV1(BaseModel):
    snapshots: list[SnapshotResponseV1]
    meta: Meta


class ImageResponseExternalV1(BaseModel):
    id: str
    name: str
    status: ImageV1Status
    version: str | None = None
    platform: str | None = None
    release_at: str | None = None
    end_standard_support_at: str | None = None
    end_life_at: str | None = None
    minimum_requirements: common.ImageReqMin
    labels: list[str] | None = None
    availability_zones: list[str] | None = None


class ListImageExternalV1(BaseModel):
    images: list[ImageResponseExternalV1]
    meta: Meta


class GetCustomImageResponse(BaseModel):
    id: str
    name: str
    status: ImageV1Status
    description: str | None = None
    version: str | None = None
    requirements: CustomImageRequirements | None = None
    platform: Platform
    metadata: dict[str, Any] | None = None
    license: License


class ListCustomImageResponse(BaseModel):
    images: list[GetCustomImageResponse] = []
    meta: Meta


class InstanceTypesV1ResponseCli(BaseModel):
    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    gpu: int = 0
    status: str
    availability_zones: list[str] = None  # type: ignore[assignment]


class InstanceTypesV1Response(InstanceTypesV1ResponseCli):
    sku: str | None = None
    availability_zones: list[str] | None = None  # type: ignore[assignment]


class InstanceTypesV1PortalResponse(InstanceTypesV1Response):
    sku: str


class InstanceTypesV1ListResponse(BaseModel):
    machine_types: list[InstanceTypesV1PortalResponse | InstanceTypesV1Response]
    meta: Meta


class PaginateInstanceTypesV1ListResponseCli(BaseModel):
    instance_types: list[InstanceTypesV1ResponseCli]
    meta: Meta


class LogsOutputResponse(BaseModel):
    logs: list[str]


class InstanceAccessResponseWithPass(BaseModel):
    password: str
    created_at: str
    user: str = "admin"
    id: str


class InstanceAccess(BaseModel):
    instance: InstanceAccessResponseWithPass
