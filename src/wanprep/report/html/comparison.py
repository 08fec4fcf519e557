"""A comparison of targets as one page, in the look and under the policy of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.report.html import POLICY, asset, digest
from wanprep.report.html.environment import make_environment
from wanprep.submit.request.price import price_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.compare.compare_jobs import Comparison


def render_comparison(by_job: Mapping[str, Sequence[Comparison]]) -> Iterator[str]:
    """Write the page in ASCII, so that it is correct in any encoding."""
    look = asset("style.css")
    template = make_environment().get_template("comparison.html")
    page = template.render(
        by_job=by_job, policy=POLICY.format(digest(look), "'none'"), price=price_text, style=look
    )
    yield page.encode("ascii", "xmlcharrefreplace").decode()
