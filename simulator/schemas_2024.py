# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The models of API version 2024-08 that no other shares."""

from typing import Annotated, Literal

from pydantic import BaseModel

from . import schemas as common
from .schemas import ID, Label, Name, UserData, known_values

Regions = Literal["br-se1", "br-se-1", "br-ne-1"]
ImageV1Status = Annotated[
    str, known_values("active", "deprecated", "deleted", "pending", "creating", "importing", "error")
]
BackupStatus = Annotated[str, known_values(
    "provisioning", "restoring", "creating", "completed", "error", "deleting", "deleted", "pending_copy", "copying",
    "copy_error",
)]  # fmt: skip
InstanceV1Status = Annotated[str, known_values(
    "attaching_nic", "detaching_nic", "attach_nic_pending", "detach_nic_pending", "provisioning", "creating",
    "creating_error", "creating_network_error", "creating_error_quota", "creating_error_quota_ram",
    "creating_error_quota_vcpu", "creating_error_quota_disk", "creating_error_quota_instance",
    "creating_error_quota_floating_ip", "completed", "retyping_pending", "retyping", "retyping_confirmed",
    "retyping_error", "retyping_error_quota", "stopping_pending", "stopping", "suspending_pending", "suspending",
    "rebooting_pending", "rebooting", "starting_pending", "starting", "deleting_pending", "deleting",
    "deleting_error", "deleting_network_error", "deleted",
)]  # fmt: skip


class SecurityGroups(BaseModel):
    security_groups: list[ID] = []


class InstanceCreateRequestV1NetworkDefault(BaseModel):
    vpc: ID | Name = Name(name="default")
    interface: ID | SecurityGroups | None = None
    associate_public_ip: bool = True


DEFAULT_NETWORK = InstanceCreateRequestV1NetworkDefault()


class SnapshotRestoreRequestV1Default(BaseModel):
    name: Label
    machine_type: ID | Name
    ssh_key_name: str
    availability_zone: Label | None = None
    network: InstanceCreateRequestV1NetworkDefault | None = DEFAULT_NETWORK
    user_data: UserData | None = None


class InstanceCreateRequestV1Default(SnapshotRestoreRequestV1Default):
    image: ID | Name


class BackupRestoreRequestDefault(SnapshotRestoreRequestV1Default):
    network: InstanceCreateRequestV1NetworkDefault


class BackupRequest(BaseModel):
    name: Label
    instance: ID | Name


class BackupRenameRequest(BaseModel):
    name: Label


class BackupCopyRequest(BaseModel):
    region: Regions


class IpAddressExpand(BaseModel):
    publicIpAddress: str | None = None
    privateIpAddress: str
    ipV6Address: str | None = None


class PortV1Expand(BaseModel):
    id: str
    name: str
    ipAddresses: IpAddressExpand


class NetworkPortsV1Expand(BaseModel):
    vpc: common.VpcV1Expand | None = None
    ports: list[PortV1Expand] | None = None


class InstanceV1Response(BaseModel):
    id: str
    name: str | None = None
    machine_type: common.InstanceTypeForInstanceV1Response | common.InstanceTypesExtendResponse
    image: common.ImageInstanceV1Response | common.ImageExtendResponse
    status: InstanceV1Status
    state: common.InstanceV1State
    user_data: str | None = None
    created_at: str
    updated_at: str | None = None
    ssh_key_name: str | None = None
    availability_zone: str | None = None
    network: common.NetworkPortsV1 | NetworkPortsV1Expand | None = None
    error: common.ErrorMessageV1 | None = None


class ListInstanceV1Response(BaseModel):
    instances: list[InstanceV1Response]


class InstanceResponseSnapshotV1(BaseModel):
    id: str
    image: common.ImageInstanceV1Response | common.ImageExtendResponse
    machine_type: common.InstanceTypeForInstanceV1Response | common.InstanceTypesExtendResponse


class SnapshotResponseV1(BaseModel):
    id: str
    name: str | None = None
    status: str
    state: str
    created_at: str
    updated_at: str | None = None
    size: int
    instance: InstanceResponseSnapshotV1


class ListSnapshotResponseV1(BaseModel):
    snapshots: list[SnapshotResponseV1]


class InstanceSimpleResponseBackupV1(BaseModel):
    id: str | None = None


class InstanceResponseBackupV1(BaseModel):
    id: str
    name: str
    status: str
    state: str
    image: common.ImageInstanceV1Response | common.ImageExtendResponse
    machine_type: common.InstanceTypeForInstanceV1Response | common.InstanceTypesExtendResponse


class BackupResponse(BaseModel):
    id: str
    name: str
    backup_type: str
    instance: InstanceResponseBackupV1 | InstanceSimpleResponseBackupV1
    status: BackupStatus
    state: Literal["new", "available", "deleted", "error"]
    size: int | None = None
    min_disk: int | None = None
    created_at: str
    updated_at: str | None = None


class ListBackupResponse(BaseModel):
    backups: list[BackupResponse]


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


class ListImageExternalV1(BaseModel):
    images: list[ImageResponseExternalV1]


class InstanceTypesV1Response(BaseModel):
    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    gpu: int = 0
    status: str
    sku: str


class InstanceTypesV1PortalResponse(InstanceTypesV1Response):
    pass


class InstanceTypesV1ListResponse(BaseModel):
    machine_types: list[InstanceTypesV1PortalResponse | InstanceTypesV1Response]
