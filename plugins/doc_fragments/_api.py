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
      - If neither this nor O(access_token) is given, defaults to the environment variables E(MGC_API_KEY) and
        E(MGC_ACCESS_TOKEN) of the host that the module runs on.
    type: str
  access_token:
    description:
      - An access token, sent as C(Authorization) of type C(Bearer), instead of O(api_key).
      - Giving both is an error. An option takes precedence over the other option's environment variable.
    type: str
  tenant_id:
    description:
      - The tenant's id, sent as C(x-tenant-id). The public API derives it from the credentials.
      - Defaults to the environment variable E(MGC_TENANT_ID).
    type: str
  region:
    description:
      - The region, V(br-se1), V(br-ne1), V(br-mgl1), or any other that the cloud adds.
      - C(br-se-1), which is the name of V(br-mgl1) in URLs, is refused, because it may be a mistyped V(br-se1).
      - Defaults to the environment variable E(MGC_REGION).
    type: str
    default: br-se1
  api_url:
    description:
      - The API's URL. C({region}) in it is replaced by the region, V(br-mgl1) by its name in URLs, C(br-se-1).
      - Defaults to the environment variable E(MGC_API_URL).
    type: str
    default: https://api.magalu.cloud/{region}/compute
  validate_certs:
    description:
      - Whether the API's certificate must be valid.
      - Defaults to the environment variable E(MGC_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder with the certificates of trusted authorities, instead of those that come with C(requests).
      - Defaults to the environment variable E(MGC_CA_PATH), then E(REQUESTS_CA_BUNDLE), then E(CURL_CA_BUNDLE).
    type: path
  api_timeout:
    description:
      - How many seconds one request may take.
      - Defaults to the environment variable E(MGC_API_TIMEOUT).
    type: float
    default: 30
  api_retries:
    description:
      - How many times a failed request is retried if that is safe. A creation is never sent again before the module has
        looked for its result.
      - Requests that the API refuses temporarily (429, or 503 with C(Retry-After)) are not counted. They are retried
        after growing pauses, or at the time that the API says, until the deadline of the task.
      - Defaults to the environment variable E(MGC_API_RETRIES).
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
