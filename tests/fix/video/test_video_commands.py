from __future__ import annotations

import pytest
from sample_videos import recipe_for

from wanprep.fix.plan.plan import Window
from wanprep.fix.video.commands import video_commands
from wanprep.media.facts import Facts


def _clip(**known: object) -> Facts:
    usual: dict[str, object] = {
        "path": "", "kind": "video", "format": "mov", "video_codec": "h264", "width": 640,
        "height": 360, "fps": 25.0, "duration": 8.0, "audio_tracks": 1, "audio_codec": "aac",
        "sample_rate": 48_000, "channels": 2, "color": "yuv", "bytes": 1_000_000,
    }  # fmt: skip
    return Facts(**{**usual, **known})  # type: ignore[arg-type] # names and values of a test


def _calls(facts: Facts, **options: object) -> tuple[str, ...]:
    recipe = recipe_for(facts, **options)
    commands = video_commands("-in:%d.mov", recipe, facts, "out.mp4", threads=2)
    return tuple(" ".join(command) for command in commands)


def test_a_copy() -> None:
    (call,) = _calls(_clip(), video="copy", audio="copy")

    assert call == (
        "-nostdin -hide_banner -nostats -v level+info -n -progress pipe:1"
        " -filter_complex_threads 2 -f mov -format_whitelist mov -threads 2"
        " -protocol_whitelist file,pipe -i file:-in:%d.mov -map 0:V:0 -map 0:a:0 -f mp4 -c:a copy"
        " -c:v copy -map_chapters -1 -movflags +faststart -tag:v avc1 -write_tmcd 0 file:out.mp4"
    )


def test_an_encode() -> None:
    (call,) = _calls(_clip(), audio="copy", length=5.0, start=2.0, size=(320, 180))

    assert "-ss 1.9995 -threads 2 -protocol_whitelist file,pipe -i file:-in:%d.mov" in call
    assert (
        "[0:V:0]trim=end=4.9605[s0];[s0]bwdif=deint=interlaced:mode=send_frame[s1];"
        "[s1]scale=320:180:flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
        ":out_range=limited[s2];[s2]format=yuv420p[s3];[s3]setsar=1[s4];"
        "[0:a:0]atrim=end=4.957333[s5];[s5]aresample=48000:async=1:first_pts=0:min_hard_comp=0.04[s6]"
    ) in call
    assert "-b:a 192000 -c:a aac -c:v libx264 -crf 18 -enc_time_base filter" in call


@pytest.mark.parametrize(
    ("facts", "options", "part"),
    [
        pytest.param(_clip(), {"drop_location": True}, "-map_metadata -1", id="no place"),
        pytest.param(_clip(channels=6), {}, "-ac 2", id="six channels"),
        pytest.param(
            _clip(format="ts"),
            {"video": "copy"},
            "-fflags +genpts",
            id="times that are missing",
        ),
        pytest.param(_clip(video_codec="hevc"), {"video": "copy"}, "-tag:v hvc1", id="hevc"),
        pytest.param(
            _clip(alpha=True, video_codec="vp9", format="webm"),
            {"background": "#ff0000"},
            "drawbox=color=#ff0000@1:replace=1:thickness=fill",
            id="transparent",
        ),
        pytest.param(
            _clip(alpha=True, video_codec="vp9", format="webm"),
            {},
            "-c:v libvpx-vp9 -format_whitelist matroska",
            id="the decoder that knows of it",
        ),
        pytest.param(_clip(), {"fps": 29.97003}, "fps=30000/1001", id="a rate"),
        pytest.param(
            _clip(), {"window": Window((200, 100), "smart")}, "crop=200:100[", id="not placed yet"
        ),
        pytest.param(
            _clip(sar=2.0),
            {"window": Window((200, 100), "center", (4, 2))},
            "full_chroma_inp[s1];[s1]crop=200:100:4:2[",
            id="square before it is cut",
        ),
        pytest.param(_clip(color="rgb"), {}, "out_color_matrix=bt709:out_range=limited", id="rgb"),
        pytest.param(_clip(hdr=True), {}, "tonemap=mobius:desat=0", id="hdr"),
        pytest.param(_clip(format="mpg"), {}, "-format_whitelist mpeg,mpegvideo", id="either"),
        pytest.param(
            _clip(), {"video": "copy", "audio": "copy", "length": 3.0}, "-t 3 ", id="cut copy"
        ),
        pytest.param(
            _clip(), {"audio": "copy", "length": 3.0}, "-t 2.957333 ", id="copied audio, cut"
        ),
    ],
)
def test_options_of_a_command(facts: Facts, options: dict[str, object], part: str) -> None:
    (call,) = _calls(facts, **options)

    assert part in call


def test_no_audio() -> None:
    (call,) = _calls(_clip(audio_tracks=None, audio_codec=None))

    assert "-c:a" not in call
    assert "0:a" not in call


def test_a_byte_limit_adds_a_second_pass_for_a_large_source() -> None:
    first, second = _calls(_clip(), most_bytes=900_000)

    assert "-crf 18" in first
    assert "-pass 1 -passlogfile out.mp4.passes/x264" in first
    assert "-pass 2 -passlogfile out.mp4.passes/x264" in second
    assert "-b:v 716000" in second  # 95 % of 0.9 MB in 8 s, less the audio and the tables
    assert len(_calls(_clip(), most_bytes=1_100_000)) == 1
