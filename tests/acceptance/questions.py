# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The open questions about the API, the assumptions of the collection, and pure functions that answer them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import status_class
from tests.acceptance.gate import REFUSED_HERE
from tests.acceptance.observations import BY_ID, BY_LIST, Look, Observations, Response, first_seconds

AS_ASSUMED, DIFFERS, ANSWERED, NOT_SEEN = "as assumed", "differs", "answered", "not seen"
# The statuses that the contracts and the vendor's sources name.
ACTIONS = ("starting", "stopping", "suspending", "rebooting", "retyping", "deleting", "attach_nic", "detach_nic",
           "attaching_nic", "detaching_nic")  # fmt: skip
KNOWN_STATUSES = {
    "completed", "provisioning", "creating", "creating_error", "creating_network_error", "deleted",
    "deleting_network_error", "restoring", "pending_copy", "copying", "pending", "importing", "active", "deprecated",
    *(f"{action}{suffix}" for action in ACTIONS for suffix in ("", "_pending", "_confirmed", "_error")),
}  # fmt: skip
PASSING = (0, 429, 502, 503, 504)


class Answer(NamedTuple):
    """An answer in words; `agrees` is None if the collection assumes nothing definite."""

    seen: str
    agrees: bool | None = None


class Question(NamedTuple):
    """A question, the assumption, and the function that answers it (None: not observed)."""

    key: str
    text: str
    assumed: str
    answer: Callable[[Observations], Answer | None]


def verdict(answer: Answer | None) -> str:
    if answer is None:
        return NOT_SEEN
    return {None: ANSWERED, True: AS_ASSUMED, False: DIFFERS}[answer.agrees]


def in_words(seconds: float | None) -> str:
    """Return a number of seconds in words; None means never."""
    if seconds is None:
        return "not within the time of the test"
    return "at once" if seconds < 0.5 else f"after {seconds:.0f} s"


def _response(seen: Observations, label: str) -> Response | None:
    """Return a response of the API itself, None if it is lost, a passing error, or a refusal of the guard."""
    found = seen.responses.get(label)
    return None if found is None or found.status in PASSING or found.slug == REFUSED_HERE else found


def refused_with(label: str, *expected: int) -> Callable[[Observations], Answer | None]:
    """Return a function that answers how a request was refused; `expected` are the assumed statuses."""

    def answer(seen: Observations) -> Answer | None:
        found = _response(seen, label)
        if found is None:
            return None
        words = f"accepted ({found.words})" if found.accepted else f"refused: {found.words}"
        said = f' "{found.message}"' if found.message and not found.accepted else ""
        return Answer(words + said, found.status in expected if expected else None)

    return answer


def fact(name: str, expected: object) -> Callable[[Observations], Answer | None]:
    """Return a function that answers with yes, no or a value, and compares it with the expected value."""

    def answer(seen: Observations) -> Answer | None:
        value = seen.facts.get(name)
        if value is None:
            return None
        words = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        return Answer(words, value == expected)

    return answer


# Lists.


def api_version(seen: Observations) -> Answer | None:
    if "has total" not in seen.facts or _response(seen, "machine types") is None:
        return None
    custom = _response(seen, "custom images")
    if seen.facts["has total"]:
        return Answer("2026-08 (lists have a total)", True)
    has_custom = custom is not None and custom.accepted
    return Answer("between 2024-08 and 2026-08 (no total, but custom images)" if has_custom
                  else "2024-08 or 2025-05 (lists have no total)", False)  # fmt: skip


def page_limit(seen: Observations) -> Answer | None:
    """Answer whether a list has as many rows as were asked for."""
    if "rows" not in seen.facts:
        return None
    rows, total, asked = (seen.facts[name] for name in ("rows", "rows in all", "rows asked"))
    whole = rows >= min(total, asked)
    words = f"yes: {rows} of {total} machine types" if whole else f"no: {rows} of {total} machine types came"
    default = seen.facts.get("default limit")
    return Answer(words + (f"; the default of that list is {default}" if default else ""), whole)


def name_filter(seen: Observations) -> Answer | None:
    named = seen.facts.get("named")
    if named is None:
        return None
    return Answer("yes, exactly" if len(named) == 1 else f"no: {len(named)} names came", len(named) == 1)


def refusal_form(seen: Observations) -> Answer | None:
    found = _response(seen, "limit 0")
    if found is None or found.accepted:
        return None
    return Answer(f"{found.status} with {', '.join(found.keys) or 'no object'}", {"message", "slug"} <= set(found.keys))


def headers(seen: Observations) -> Answer | None:
    sent = seen.facts.get("headers")
    if not sent:
        return None
    wanted = ("date", "x-request-id", "x-mgc-trace-id")
    missing = [name for name in wanted if name not in sent]
    words = "all three" if not missing else f"without {', '.join(missing)}"
    return Answer(f"{words}; content-encoding: {seen.facts.get('encoding')}", not missing)


def ram_units(seen: Observations) -> Answer | None:
    values = seen.facts.get("ram")
    return Answer(f"values from {min(values)} to {max(values)}") if values else None


# Creations.


def unique_names(seen: Observations) -> Answer | None:
    found = _response(seen, "same name")
    if found is None:
        return None
    if found.accepted:
        return Answer("no: a second instance of the same name was created", False)
    return Answer(f"yes: {found.words}", found.status == 409)


def linux_without_key(seen: Observations) -> Answer | None:
    found, keyed = _response(seen, "linux without key"), _response(seen, "linux with key")
    if found is None:
        return None
    words = "yes" if found.accepted else f'no: {found.words} "{found.message}"'
    if keyed:
        words += f"; with an empty or given name: {keyed.words}"
    return Answer(words, found.accepted)


def unknown_key(seen: Observations) -> Answer | None:
    found = _response(seen, "unknown key")
    if found is None:
        return None
    if not found.accepted:
        return Answer(f'refused: {found.words} "{found.message}"', False)
    last = seen.watches.get("unknown key", [])[-1:]
    if not last:
        return None
    slug, failed = seen.facts.get("unknown key error"), "error" in str(last[0].status)
    words = f"accepted, then state {last[0].state}, status {last[0].status}" + (f", slug {slug}" if slug else "")
    return Answer(words, failed)


def read_after_creation(seen: Observations) -> Answer | None:
    looks = seen.watches.get("creation")
    if not looks:
        return None
    found = first_seconds(looks, BY_ID, lambda look: look.found)
    return Answer(f"found {in_words(found)}")


def list_lag(seen: Observations) -> Answer | None:
    """Answer how late lists show a creation, a name and a deletion, compared with reads by id."""
    parts = []
    for label, words in (("creation", "a creation"), ("rename", "a name"), ("deletion", "a deletion")):
        looks = seen.watches.get(label)
        if not looks:
            continue

        def shows(look: Look, label: str = label) -> bool:
            return not look.found if label == "deletion" else look.found

        first = first_seconds(looks, BY_LIST, shows)
        own = first_seconds(looks, BY_ID, shows) if label == "deletion" else 0.0
        late = None if first is None or own is None else first - own
        parts.append(f"{words} {in_words(late)}")
    return Answer("; ".join(parts)) if parts else None


def stale_reads(seen: Observations) -> Answer | None:
    """Answer how long reads by id show the state of an instance before an accepted action."""
    before = {"stop": "running", "start": "stopped", "suspend": "running"}
    parts = []
    for label, state in before.items():
        looks = seen.watches.get(label)
        if looks:
            seconds = first_seconds(looks, BY_ID, lambda look, old=state: not (look.is_settled and look.state == old))
            parts.append(f"{label} shows {in_words(seconds)}")
    if looks := seen.watches.get("rename"):
        names = [look.name for look in looks if look.by == BY_ID]
        seconds = first_seconds(looks, BY_ID, lambda look: look.name == names[-1])
        parts.append(f"a new name shows {in_words(seconds)}")
    return Answer("; ".join(parts)) if parts else None


def public_ip_default(seen: Observations) -> Answer | None:
    looks = seen.watches.get("creation")
    if not looks or not any(look.is_settled and look.state == "running" for look in looks):
        return None
    has = any(look.public_ip for look in looks)
    return Answer("yes" if has else "no, or it did not come within the time of the test", has)


def public_ip_delay(seen: Observations) -> Answer | None:
    looks = [look for look in seen.watches.get("creation", ()) if look.by == BY_ID]
    running = first_seconds(looks, BY_ID, lambda look: look.is_settled and look.state == "running")
    address = first_seconds(looks, BY_ID, lambda look: look.public_ip)
    if running is None or address is None:
        return None
    if address <= running:
        return Answer(f"not later than running and completed, which came {in_words(running)}")
    return Answer(f"{address - running:.0f} s after running and completed, which came {in_words(running)}")


def creation_time(seen: Observations) -> Answer | None:
    looks = seen.watches.get("creation")
    seconds = first_seconds(looks or [], BY_ID, lambda look: look.is_settled and look.state == "running")
    return None if seconds is None else Answer(f"running {in_words(seconds)}")


# Actions.


def reboot(seen: Observations) -> Answer | None:
    looks = seen.watches.get("reboot")
    if not looks:
        return None
    path = course(looks)
    if len(path) > 1 or path[:1] != ["running, completed"]:
        return Answer(" > ".join(path))
    return Answer(f"nothing within {looks[-1].seconds:.0f} s")


def course(looks: list[Look]) -> list[str]:
    """Return the different states and statuses that reads by id showed, in order."""
    path: list[str] = []
    for look in looks:
        words = f"{look.state}, {look.status}" if look.found else "not found"
        if look.by == BY_ID and path[-1:] != [words]:
            path.append(words)
    return path


def statuses(seen: Observations) -> Answer | None:
    """Answer which statuses appeared, and which of them are in no source."""
    if not seen.statuses:
        return None
    shown = sorted({status for _kind, _state, status in seen.statuses if status != "-"})
    new = [status for status in shown if status not in KNOWN_STATUSES]
    words = ", ".join(shown)
    if not new:
        return Answer(words, True)
    meanings = [f"{status} (taken as {status_class({'status': status, 'state': 'running'})})" for status in new]
    return Answer(f"{words}; not known before: {', '.join(meanings)}", False)


def course_of(label: str) -> Callable[[Observations], Answer | None]:
    """Return a function that answers with the course of an action."""

    def answer(seen: Observations) -> Answer | None:
        looks = seen.watches.get(label)
        return Answer(" > ".join(course(looks))) if looks else None

    return answer


def deletion(seen: Observations) -> Answer | None:
    """Answer whether a deleted instance is still shown, with the status deleted."""
    looks = [look for look in seen.watches.get("deletion", ()) if look.by == BY_ID]
    if not looks:
        return None
    deleted = [look for look in looks if "deleted" in (look.status, look.state)]
    gone = first_seconds(looks, BY_ID, lambda look: not look.found)
    words = f"404 {in_words(gone)}"
    if deleted:
        words = f"shown as deleted from {deleted[0].seconds:.0f} s on; {words}"
    return Answer(words)


# Rows.


def nulls(seen: Observations) -> Answer | None:
    if "nulls sent" not in seen.facts:
        return None
    sent, omitted = seen.facts["nulls sent"], seen.facts["omitted"]
    parts = [f"{what}: {', '.join(names)}" for what, names in (("null", sent), ("omitted", omitted)) if names]
    return Answer("; ".join(parts) or "every field has a value", not sent if sent or omitted else None)


def network_form(seen: Observations) -> Answer | None:
    shown = seen.facts.get("network by x-api-version")
    if shown is None:
        return None
    words = "; ".join(f"{version}: {', '.join(keys) or 'neither'}" for version, keys in shown.items())
    return Answer(words, shown == {"1.1": ["interfaces"], "none": ["ports"]})


def primary(seen: Observations) -> Answer | None:
    marks = seen.facts.get("primary")
    if not marks:
        return None
    groups = "security groups are shown" if seen.facts.get("security groups shown") else "no security groups are shown"
    return Answer(f"{marks.count(True)} of {len(marks)} interfaces; {groups}", marks.count(True) == 1)


def created_at(seen: Observations) -> Answer | None:
    form = seen.facts.get("created_at")
    return None if form is None else Answer(f"form {form}", "." not in form)


def host_keys(seen: Observations) -> Answer | None:
    found = _response(seen, "init log")
    if found is None:
        return None
    if not found.accepted:
        return Answer(f"there is no init log: {found.words}", False)
    log = seen.facts.get("init log") or {}
    return Answer(f"{'yes' if log.get('host keys') else 'no'}, in {log.get('lines')} lines", bool(log.get("host keys")))


QUESTIONS = (
    Question("api_version", "Which API version does the gateway serve?", "2026-08", api_version),
    Question("own_client", "Does the collection's own client list the catalogue (TLS, compression)?", "yes",
             fact("own client", True)),
    Question("page_limit", "Does a list return as many rows as _limit asks for?", "yes", page_limit),
    Question("limit_1000", "Does a list of instances take _limit=1000?", "yes", refused_with("limit 1000", 200)),
    Question("limit_1001", "What does _limit=1001 get?", "422", refused_with("limit 1001", 422)),
    Question("name_filter", "Does name= filter a list?", "yes, exactly", name_filter),
    Question("sort_by_id", "Does _sort take id?", "yes", refused_with("sort by id", 200)),
    Question("joined_expand", "Does expand take values joined by commas?", "yes", fact("joined expand", True)),
    Question("backups", "Are there backups?", "no: 404", refused_with("backups", 404)),
    Question("custom_images", "Are there custom images?", "yes", refused_with("custom images", 200)),
    Question("no_uuid", "What does a read by an id that is not a UUID get?", "404 or 422",
             refused_with("no uuid", 404, 422)),
    Question("refusal_form", "Which keys has a refusal of a parameter?", "message, slug", refusal_form),
    Question("wrong_key", "What does a wrong key get?", "403", refused_with("wrong key", 403)),
    Question("no_key", "What does a request without a key get?", "401", refused_with("no key", 401)),
    Question("headers", "Do responses have Date, X-Request-ID and X-Mgc-Trace-Id?", "yes", headers),
    Question("ram_units", "In which unit is ram?", "not known: GB or MB", ram_units),
    Question("unique_names", "Are instance names unique?", "yes (90 % sure): 409", unique_names),
    Question("capital_letters", "May a name have capital letters and blanks?", "not known",
             refused_with("rename with capital letters")),
    Question("linux_without_key", "Is a Linux instance created without ssh_key_name?", "yes", linux_without_key),
    Question("unknown_key", "What does an unknown ssh_key_name lead to?", "accepted, then the creation fails", unknown_key),
    Question("windows_key", "What does a Windows instance with ssh_key_name get?", "400 generic",
             refused_with("windows with key", 400)),
    Question("early_password", "What does an early read of the first Windows password get (only with --windows)?",
             "404 windows_password_not_ready", refused_with("early password", 404)),
    Question("creation_time", "How long does a creation take?", "half a minute to several minutes", creation_time),
    Question("read_after_creation", "When does a read by id find a new instance?", "perhaps later", read_after_creation),
    Question("list_lag", "How late do lists show a change?", "not known", list_lag),
    Question("stale_reads", "How late does a read by id show an accepted action?", "perhaps later", stale_reads),
    Question("public_ip_default", "Does an instance get a public IPv4 address if its creation does not mention it?", "yes",
             public_ip_default),
    Question("public_ip_delay", "When does the public IPv4 address come?", "perhaps after running", public_ip_delay),
    Question("default_vpc", "What is the default VPC called?", "vpc_default", fact("vpc", "vpc_default")),
    Question("primary", "Is one interface marked primary, with its security groups?", "yes", primary),
    Question("network_form", "Which network does x-api-version select?", "1.1: interfaces; none: ports", network_form),
    Question("nulls", "Are optional fields without a value null or omitted?", "rather omitted", nulls),
    Question("user_data", "Is user_data returned as it was sent?", "yes", fact("user data as sent", True)),
    Question("created_at", "Has created_at whole seconds?", "yes", created_at),
    Question("id_case", "Are ids in lower case?", "yes", fact("id in lower case", True)),
    Question("other_case", "Is an id found in capital letters?", "yes", fact("other case found", True)),
    Question("host_keys", "Are the SSH host keys in the init log?", "yes, as cloud-init prints them", host_keys),
    Question("stop_course", "What does a stop show?", "not known", course_of("stop")),
    Question("reboot", "What does a reboot show?", "perhaps nothing", reboot),
    Question("reboot_suspended", "Can a suspended instance be rebooted?", "yes (doubtful)",
             refused_with("reboot while suspended", 204)),
    Question("in_transition", "What does an action get while another is under way?", "409",
             refused_with("stop during stop", 409)),
    Question("illegal_action", "What does a start of a running instance get?", "400", refused_with("start while running", 400)),
    Question("deletion", "What does a deleted instance show?", "404, or the status deleted", deletion),
    Question("second_deletion", "What does a deletion get while another is under way?", "404 or 409",
             refused_with("deletion during deletion", 404, 409)),
    Question("statuses", "Which statuses appear?", "those of the contracts", statuses),
)  # fmt: skip
