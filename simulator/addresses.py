# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The addresses of instances, none of which can belong to a real machine.

An inventory made on the simulator may be used to log in with the user's own keys.

198.18.0.0/15 is reserved for benchmarks (RFC 2544), the other networks for documentation (RFC 5737, RFC 3849). They are
not routed on the internet, and neither Docker nor office networks use them.
"""

from __future__ import annotations

from ipaddress import IPv6Address

BLOCK = 250  # hosts taken from each /24: never .0, .254, .255
PRIVATE = [f"198.18.{high}" for high in range(256)]
PUBLIC = ["192.0.2", "198.51.100", "203.0.113", *(f"198.19.{high}" for high in range(256))]
PRIVATE_LOOPBACK = [f"127.1.{high}" for high in range(256)]
PUBLIC_LOOPBACK = [f"127.2.{high}" for high in range(256)]
IPV6 = int(IPv6Address("2001:db8::"))
IPV6_HOSTS = 1 << 64


def private_ipv4(number: int, loopback: bool) -> str:
    return pick_host(PRIVATE_LOOPBACK if loopback else PRIVATE, number)


def public_ipv4(number: int, loopback: bool) -> str:
    return pick_host(PUBLIC_LOOPBACK if loopback else PUBLIC, number)


def public_ipv6(number: int, loopback: bool) -> str:
    return "::1" if loopback else str(IPv6Address(IPV6 + number % IPV6_HOSTS))


def pick_host(blocks: list[str], number: int) -> str:
    """Return the address with a number from 1 on; after the last the first follows."""
    block, low = divmod(number, BLOCK)
    return f"{blocks[block % len(blocks)]}.{low + 1}"
