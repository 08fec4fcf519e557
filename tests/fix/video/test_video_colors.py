"""Colours before and after, as an independent decoder shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_videos import (
    BARS,
    RGB_BARS,
    X264,
    colors,
    distance,
    fixed_video,
    frame_at,
    line_of,
    make,
    remake,
)

from wanprep.fix.plan.plan import CannotFix

_HDR = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=2020:t={0}:m=2020_ncl:r=limited:npl=203,"
    "format=yuv420p10le"
)
_TAGGED = "-color_primaries {0} -color_trc {1} -colorspace {2}"
_BT709 = _TAGGED.format("bt709", "bt709", "bt709")
_LOSSLESS = "-c:v libx264 -preset ultrafast -qp 0"


@pytest.mark.parametrize(
    ("source", "how", "name", "tags"),
    [
        pytest.param(
            f"{BARS},setparams=colorspace=unknown:range=unknown", X264, "a.mp4",
            "yuv420p(progressive)", id="unspecified stays so",
        ),
        pytest.param(
            BARS, f"{X264} {_TAGGED.format('smpte170m', 'smpte170m', 'smpte170m')}", "a.mp4",
            "yuv420p(tv, smpte170m", id="SD keeps its matrix",
        ),
        pytest.param(
            f"{RGB_BARS},scale=1280:720:out_color_matrix=bt709,format=yuv420p",
            f"{X264} {_BT709}", "a.mp4", "yuv420p(tv, bt709", id="HD",
        ),
        pytest.param(
            f"{BARS},scale=out_range=full,format=yuvj420p", "-c:v libx264 -color_range pc",
            "a.mp4", "yuv420p(tv", id="full range",
        ),
        pytest.param(BARS, "-c:v mjpeg -q:v 2", "a.avi", "yuv420p(tv, bt470bg", id="MJPEG"),
        pytest.param(RGB_BARS, "-c:v libx264rgb -qp 0", "a.mp4", "yuv420p(tv, bt709", id="RGB"),
        pytest.param(BARS, "-c:v png", "a.mov", "yuv420p(tv, bt709", id="PNG in MOV"),
        pytest.param(BARS, "-c:v qtrle", "a.mov", "yuv420p(tv, bt709", id="animation"),
        pytest.param(
            f"{BARS},format=yuv444p10le", "-c:v libx264 -preset ultrafast", "a.mkv", "yuv420p(",
            id="10 bits, 4:4:4",
        ),
        pytest.param(BARS, "-c:v libvpx-vp9 -b:v 2M -cpu-used 8", "a.webm", "yuv420p(", id="VP9"),
        pytest.param(f"{BARS},format=gray", _LOSSLESS, "a.mp4", "yuv420p(", id="grey"),
        pytest.param(
            BARS, "-c:v prores_ks -profile:v 3", "a.mov", "yuv420p(", id="ProRes"
        ),
    ],
)  # fmt: skip
def test_colors_stay(tmp_path: Path, source: str, how: str, name: str, tags: str) -> None:
    before = make(tmp_path / name, source, how=how)

    result = fixed_video(before, tmp_path / "out.mp4")

    assert tags in line_of(result.path, "Video")
    assert distance(colors(frame_at(before)), colors(frame_at(result.path))) <= 5


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"], ids=["PQ", "HLG"])
def test_hdr_becomes_sdr(tmp_path: Path, transfer: str) -> None:
    source = f"{RGB_BARS}:range=pc,{_HDR.format(transfer)}"
    tags = _TAGGED.format("bt2020", transfer, "bt2020nc")
    light = "mastering-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
    params = f"-x265-params log-level=error:hdr10=1:{light}L(10000000,1):max-cll=1000,400"
    before = make(tmp_path / "hdr.mp4", source, how=f"-c:v libx265 {params} -tag:v hvc1 {tags}")

    result = fixed_video(before, tmp_path / "out.mp4")

    assert "yuv420p(tv, bt709" in line_of(result.path, "Video")
    assert not result.facts.hdr
    # The bars of 75 % (191) shine no brighter, and no darker, than on an ordinary screen.
    intent = colors(frame_at(make(tmp_path / "plain.mp4", BARS)))
    assert distance(intent, colors(frame_at(result.path))) <= 35
    assert distance(intent, colors(frame_at(before))) > 60  # as it would look unmapped


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.mov", "-c:v qtrle -pix_fmt argb"),
        ("a.mov", "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le"),
        ("a.webm", "-c:v libvpx-vp9 -pix_fmt yuva420p -b:v 1M"),
        ("b.webm", "-c:v libvpx -pix_fmt yuva420p -auto-alt-ref 0 -b:v 1M"),
    ],
    ids=["animation", "ProRes 4444", "VP9", "VP8"],
)
def test_transparent_frames_show_the_background(tmp_path: Path, name: str, how: str) -> None:
    before = make(tmp_path / name, "color=red@0.5:s=64x64:r=25:d=0.2,format=rgba", how=how)

    result = fixed_video(before, tmp_path / "out.mp4", background="#204060")

    assert distance(colors(frame_at(result.path)), [(143, 31, 48)] * 7) <= 5


def test_interlaced_frames_are_deinterlaced(tmp_path: Path) -> None:
    moving = "testsrc2=s=160x120:r=50:d=0.4,interlace=lowpass=0:scan=tff"
    how = "-c:v mpeg2video -q:v 2 -flags +ildct+ilme"
    before = make(tmp_path / "a.mpg", moving, how=how)
    plain = remake(before, tmp_path / "plain.mp4", how=X264)

    result = fixed_video(before, tmp_path / "out.mp4")

    assert _combing(result.path) < _combing(plain) / 2


def _combing(path: str) -> float:
    """Measure how much lines differ from both their neighbours, which agree with each other."""
    grey = frame_at(path, 0.2).convert("L")
    pixels = grey.tobytes()
    width, height = grey.size
    lines = [pixels[y * width : (y + 1) * width] for y in range(height)]
    total = 0
    for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
        total += sum(
            max(0, (a - b) * (c - b)) > 400 and abs(a - c) < 10
            for a, b, c in zip(above, line, below, strict=True)
        )
    return total


def test_dolby_vision_alone_cannot_be_mapped(tmp_path: Path) -> None:
    """PQ without a word on primaries and matrix: as with Dolby Vision's own colours."""
    tags = _TAGGED.format("unknown", "smpte2084", "unknown")
    before = make(tmp_path / "a.mp4", f"{BARS},format=yuv420p10le",
                  how=f"-c:v libx265 -x265-params log-level=error -tag:v hvc1 {tags}")  # fmt: skip
    with pytest.raises(CannotFix, match="does not state what its HDR colours mean"):
        fixed_video(before, tmp_path / "out.mp4", tone_map=True)

    assert [each.name for each in tmp_path.iterdir()] == ["a.mp4"]
