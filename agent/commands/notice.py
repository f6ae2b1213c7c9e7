"""``thungan notice``: the notice of wrong invoices (04/SS-HĐĐT), shown, then sent; what was asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent.config import Config, default_folder, load_config
from agent.errors import ReasonMissing
from agent.form_filling import error_notice_job, error_notice_of, wrong_invoices
from agent.posting import post_and_wait, show_form
from authority.form_answers import told
from invoice.local_time import local_time
from outbox.forms import answered_reviews, forms, review_asked, reviews
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="INVOICE",
        help="id, authority code or SYMBOL-NUMBER; none: list the authority's requests and our forms",
    )
    parser.add_argument("--reason", default="", help="what is wrong")
    parser.add_argument("--review", metavar="NUMBER", help="it answers the authority's request (302) NUMBER")
    parser.add_argument("--message", choices=["303", "300"], default="303", help="message type (default 303)")
    parser.add_argument("--yes", action="store_true", help="sign and send it; else it is only shown")
    parser.add_argument("--wait", type=float, default=30.0, metavar="S", help="seconds for the answer")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 accepted, 1 refused, 3 not decided yet; a list: 3 where a request waits for its answer."""
    config = load_config(arguments.data or default_folder())
    if not arguments.names:
        return _list(config)
    if not arguments.reason.strip():
        raise ReasonMissing("a notice says what is wrong")
    connection = open_reader(config.folder / "thungan.db")
    try:
        wrong = wrong_invoices(connection, arguments.names, arguments.reason)
        review = review_asked(connection, arguments.review) if arguments.review else None
    finally:
        connection.close()
    notice = error_notice_of(config, wrong, review)
    show_form(notice)
    if not arguments.yes:
        sys.stdout.write("nothing is sent yet: the same command with --yes signs and sends it\n")
        return 0
    return post_and_wait(config, error_notice_job(config, notice, arguments.message), arguments.wait)


def _list(config: Config) -> int:
    """Requests for a review with their invoices and days, then what we have sent and how it was decided."""
    connection = open_reader(config.folder / "thungan.db")
    try:
        asked, answered, sent = reviews(connection), answered_reviews(connection), forms(connection)
    finally:
        connection.close()
    for review in asked:
        state = "answered" if review.number in answered else "WAITS"
        days = "" if review.days is None else f", answer within {review.days} days"
        sys.stdout.write(f"302 {review.number}  {state}{days}\n")
        for line in told(review):
            sys.stdout.write(f"    {line}\n")
    for form in sent:
        built = local_time(form["built_at"])
        sys.stdout.write(f"{form['kind']} {built}  {form['state']}  {form['reason'] or ''}\n")
    return 3 if any(review.number not in answered for review in asked) else 0
