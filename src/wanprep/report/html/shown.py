"""Previews as HTML: pictures, strips of frames, waves, and the window that a fix cut out."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from wanprep.report.html.markup import Html, element, icon, joined
from wanprep.report.html.previews import Nothing, Preview, Still, Strip
from wanprep.report.html.sound_wave import Wave
from wanprep.text import seconds

if TYPE_CHECKING:
    from wanprep.fix.picture.small import SmallPicture
    from wanprep.report.html.film_strip import Frame
    from wanprep.report.html.mendings import Box


def shown(preview: Preview, about: str, box: Box | None = None, kind: str = "cut") -> Html:
    """Show a preview; `about` says in words what is seen, `box` is the window drawn over it."""
    match preview:
        case Still(picture):
            return element("div", _framed(picture, about, box, kind), class_="still")
        case Strip(frames):
            cells = [
                _cell(each, f"{about}, frame {number}", box, kind)
                for number, each in enumerate(frames, start=1)
            ]
            width, height = frames[0].picture.size
            tall = " tall" if height > width else ""
            return element("div", *cells, class_=f"strip{tall}")
        case Wave():
            return _wave(preview, about)
        case Nothing(why):
            return element("div", icon("unseen"), element("span", why), class_="nothing")


def _cell(frame: Frame, about: str, box: Box | None, kind: str) -> Html:
    caption = element("figcaption", seconds(frame.second))
    return element("figure", _framed(frame.picture, about, box, kind), caption)


def tiny(preview: Preview | None, about: str) -> Html:
    """Show something the size of a stamp."""
    match preview:
        case Still(_, small) | Strip(_, small):
            return _image(small, about)
        case Wave():
            return icon("sound")
        case _:
            return icon("unseen")


def _framed(picture: SmallPicture, about: str, box: Box | None, kind: str) -> Html:
    image = _image(picture, about)
    return element("span", image, _window(box, kind), class_="framed") if box else image


def _image(picture: SmallPicture, about: str) -> Html:
    width, height = picture.size
    data = base64.b64encode(picture.data).decode("ascii")
    return element("img", src=f"data:image/webp;base64,{data}", alt=about, width=width,
                   height=height, decoding="async")  # fmt: skip


def _window(box: Box, kind: str) -> Html:
    left, top, width, height = (round(1000 * part, 1) for part in box)
    around = f"M0 0H1000V1000H0ZM{left} {top}V{top + height}H{left + width}V{top}Z"
    return element(
        "svg",
        element("path", class_="shade", d=around, fill_rule="evenodd"),
        element("rect", class_="edge", x=left, y=top, width=width, height=height),
        class_=f"window {kind}",
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _wave(wave: Wave, about: str) -> Html:
    bars = "".join(
        f"M{4 * number + 2} {40 - max(0.6, 38 * peak):.1f}V{40 + max(0.6, 38 * peak):.1f}"
        for number, peak in enumerate(wave.peaks)
    )
    drawing = element(
        "svg",
        element("path", d=bars),
        viewBox=f"0 0 {4 * len(wave.peaks)} 80",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{about}, how loud it is over {seconds(wave.seconds)}",
    )
    ends = element(
        "span",
        element("span", "0 s"),
        element("span", "silent" if wave.is_silent else ""),
        element("span", seconds(wave.seconds)),
        class_="ends",
    )
    return joined([element("div", drawing, ends, class_="wave")])
