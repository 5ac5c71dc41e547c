"""The pages that the local stack answers itself: the mailbox, the events, the OpenAPI document and its reader."""

import dataclasses
import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from local.events import Request, Response
from local.gateway import Page
from local.mailbox import Mail, Mailbox

_HTML = (("content-type", "text/html; charset=utf-8"),)
_JSON = (("content-type", "application/json"),)


def mailbox_pages(mailbox: Mailbox, deliver: Callable[[], None]) -> dict[str, Page]:
    """Return the pages of a stack that sends mails, by path. `deliver` sees to it that mails on their way arrive."""

    def show_mailbox(request: Request) -> Response:
        deliver()
        mails = mailbox.newest_first(parse_qs(request.query).get("to", [None])[0])
        if _prefers_html(request.header("accept")):
            return Response(200, _HTML, _mailbox_page(mails).encode())
        return Response(200, _JSON, json.dumps([dataclasses.asdict(mail) for mail in mails], indent=2).encode())

    return {"/_local/mailbox": show_mailbox}


def event_pages(events: Callable[[str | None], list[dict[str, Any]]]) -> dict[str, Page]:
    """Return the page of a stack that has an event bus: what `events` says of one `detail-type`, or all."""

    def show_events(request: Request) -> Response:
        found = events(parse_qs(request.query).get("type", [None])[0])
        return Response(200, _JSON, json.dumps(found, indent=2).encode())

    return {"/_local/events": show_events}


def documentation_pages(openapi: Path) -> dict[str, Page]:
    """Return the pages of an API that the OpenAPI document `openapi` describes, by path; none if there is no such file."""

    def show_openapi(_: Request) -> Response:
        return Response(200, _JSON, openapi.read_bytes())

    def show_docs(_: Request) -> Response:
        # FastAPI is a heavy import, and nothing but this page needs it here. It loads Swagger UI from a CDN: the PyPI package
        # swagger-ui-bundle 1.1.0 holds version 4, which doesn't read OpenAPI 3.1.
        from fastapi.openapi.docs import get_swagger_ui_html  # noqa: PLC0415

        return Response(200, _HTML, bytes(get_swagger_ui_html(openapi_url="/openapi.json", title="Gatepost API").body))

    return {"/openapi.json": show_openapi, "/docs": show_docs} if openapi.exists() else {}


def metrics_pages(metrics: Callable[[], object], alarms: Callable[[], object]) -> dict[str, Page]:
    """Return the pages, by path, of what CloudWatch would know: the metrics that have moved, and each alarm with its state."""

    def page(told: Callable[[], object]) -> Page:
        return lambda _: Response(200, _JSON, json.dumps(told(), indent=2).encode())

    return {"/_local/metrics": page(metrics), "/_local/alarms": page(alarms)}


def _prefers_html(accept: str) -> bool:
    """Return whether `accept` (RFC 9110, section 12.5.1) ranks text/html before JSON, as browsers do and curl doesn't."""
    quality: dict[str, float] = {}
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        quality[media_type] = float(weight) if weight.replace(".", "", 1).isdecimal() else 0.0
    anything = quality.get("*/*", 0.0)
    return "text/html" in quality and quality["text/html"] > quality.get("application/json", min(anything, 0.999))


def _mailbox_page(mails: list[Mail]) -> str:
    """Return the mails as a page. What a mail holds is text in it; its HTML stands in a frame that runs no script."""
    entries = "".join(
        f"<article><h2>{escape(mail.subject)}</h2>"
        f"<p class=meta>to {escape(mail.to)} · {escape(mail.sent_at)}"
        + (f" · code <b>{escape(mail.code)}</b>" if mail.code else "")
        + f"</p><pre>{escape(mail.text)}</pre>"
        + "".join(f'<p><a href="{escape(link)}" rel="noreferrer">{escape(link)}</a></p>' for link in mail.links)
        + (
            f'<details><summary>HTML</summary><iframe sandbox srcdoc="{escape(mail.html)}"></iframe></details>'
            if mail.html
            else ""
        )
        + "</article>"
        for mail in mails
    )
    return _PAGE.replace("<!-- mails -->", entries or "<p>No mail yet.</p>")


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mailbox</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem }
  article { border-top: 1px solid #ccc; padding: 1rem 0 }
  h2 { margin: 0; font-size: 1.1rem }
  .meta { margin: 0; color: #666 }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
  iframe { width: 100%; height: 24rem; border: 1px solid #ccc }
</style>
<h1>Mailbox</h1>
<!-- mails -->
</html>
"""
