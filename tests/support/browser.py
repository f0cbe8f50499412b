# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A headless Chromium, controlled through its debugging pipe."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

Given = dict[str, Any]


class Browser:
    """A page, its errors and console messages, and the URLs of its requests."""

    def __init__(self, to: BinaryIO, said: BinaryIO) -> None:
        self.to, self.said, self.number, self.session = to, said, 0, ""
        self.complaints: list[Given] = []
        self.asked: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **options: Any) -> Given:
        self.number += 1
        message = {"id": self.number, "method": method, "params": options}
        if self.session:
            message["sessionId"] = self.session
        self.to.write(json.dumps(message).encode() + b"\0")
        self.to.flush()
        while (answer := self.read()).get("id") != self.number:
            self.note(answer)
        assert "error" not in answer, answer
        found: Given = answer["result"]
        return found

    def read(self) -> Given:
        text = bytearray()
        while (byte := self.said.read(1)) not in (b"\0", b""):
            text += byte
        found: Given = json.loads(text)
        return found

    def note(self, event: Given) -> None:
        if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
            self.complaints.append(event["params"])
        if event["method"] == "Network.requestWillBeSent":
            self.asked.append(event["params"]["request"]["url"])

    def open(self, url: str) -> None:
        self.send("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def value(self, expression: str) -> Any:
        """Return the value of an expression in the page; wait for a promise."""
        given = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in given, given
        return given["result"].get("value")

    def wait(self, condition: str, seconds: int = 20) -> None:
        """Wait until an expression is true in the page."""
        look = f"() => ({condition}) ? done(true) : Date.now() > end ? done(false) : setTimeout(look, 20)"
        promise = f"new Promise(done => {{ const end = Date.now() + {seconds * 1000}; const look = {look}; look(); }})"
        assert self.value(promise), f"{condition} did not come true in:\n{self.value('document.body.innerText')}"

    def picture(self, path: Path) -> None:
        """Write a picture of the part of the page that is in view."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))


@contextlib.contextmanager
def browsing(home: Path) -> Iterator[Browser]:
    """Run Chromium without a sandbox, as containers need it. Its file descriptors 3 and 4 are the pipe."""
    (theirs_in, to), (said, theirs_out) = os.pipe(), os.pipe()
    started = subprocess.Popen(
        ["bash", "-c", f'exec chromium "$@" 3<&{theirs_in} 4>&{theirs_out}', "-", "--headless", "--no-sandbox", "--disable-gpu",
         "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={home / 'profile'}"],
        pass_fds=(theirs_in, theirs_out), env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs_in), os.close(theirs_out)
    with started, open(to, "wb") as writing, open(said, "rb") as reading:
        browser = Browser(writing, reading)
        try:
            yield browser
        finally:
            browser.session = ""
            browser.send("Browser.close")
