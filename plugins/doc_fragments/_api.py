# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The options that all modules and the inventory share."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key, sent as C(x-api-key).
      - If neither this nor O(access_token) is given, the environment variables E(MGC_API_KEY) and E(MGC_ACCESS_TOKEN)
        count, on the host that the module runs on.
    type: str
  access_token:
    description:
      - An access token, sent as C(Authorization) of type C(Bearer), in place of O(api_key).
      - Both given is an error. An option beats the other one's environment variable.
    type: str
  tenant_id:
    description:
      - The tenant's id, sent as C(x-tenant-id). The public API knows it from the credentials.
      - The environment variable E(MGC_TENANT_ID) counts if it is not given.
    type: str
  region:
    description:
      - The region, V(br-se1), V(br-ne1), V(br-mgl1), or any other that the cloud adds.
      - The name that V(br-mgl1) has in URLs, C(br-se-1), is refused, since V(br-se1) could be meant.
      - The environment variable E(MGC_REGION) counts if it is not given.
    type: str
    default: br-se1
  api_url:
    description:
      - The API's URL. C({region}) in it is replaced by the region, V(br-mgl1) by its name in URLs, C(br-se-1).
      - The environment variable E(MGC_API_URL) counts if it is not given.
    type: str
    default: https://api.magalu.cloud/{region}/compute
  validate_certs:
    description:
      - Whether the API's certificate must be valid.
      - The environment variable E(MGC_VALIDATE_CERTS) counts if it is not given.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder with certificates of authorities to trust, in place of those that come with C(requests).
      - The environment variable E(MGC_CA_PATH) counts if it is not given, then E(REQUESTS_CA_BUNDLE).
    type: path
  api_timeout:
    description:
      - How many seconds one request may take.
      - The environment variable E(MGC_API_TIMEOUT) counts if it is not given.
    type: float
    default: 30
  api_retries:
    description:
      - How often a request that failed is tried again, where that is safe. A creation is never sent again without
        looking first.
      - Requests that the API refuses for now (429, or 503 with C(Retry-After)) are not counted. They are sent again after
        growing pauses, or when the API says, until the time of the task is up.
      - The environment variable E(MGC_API_RETRIES) counts if it is not given.
    type: int
    default: 4
requirements:
  - requests >= 2.25
notes:
  - An option or environment variable that is empty counts as not given.
  - Proxies are taken from E(HTTPS_PROXY), E(HTTP_PROXY), E(ALL_PROXY) and E(NO_PROXY). A SOCKS proxy needs the
    Python package C(PySocks).
"""

    # What only plugins have: modules get the same from their argument specification.
    PLUGIN = r"""
options:
  api_key:
    env:
      - name: MGC_API_KEY
  access_token:
    env:
      - name: MGC_ACCESS_TOKEN
  tenant_id:
    env:
      - name: MGC_TENANT_ID
  region:
    env:
      - name: MGC_REGION
  api_url:
    env:
      - name: MGC_API_URL
  validate_certs:
    env:
      - name: MGC_VALIDATE_CERTS
  ca_path:
    env:
      - name: MGC_CA_PATH
  api_timeout:
    env:
      - name: MGC_API_TIMEOUT
  api_retries:
    env:
      - name: MGC_API_RETRIES
"""
