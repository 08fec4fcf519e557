from __future__ import annotations

from wanprep.fix.audio import audio_commands
from wanprep.fix.plan.plan import AudioRecipe
from wanprep.media.facts import Facts

_VOICE = Facts(path="", kind="audio", format="mp3", audio_codec="mp3", duration=20.0,
               sample_rate=44_100, channels=1)  # fmt: skip


def test_wav() -> None:
    recipe = AudioRecipe(format="wav", suffix=".wav", start=2.0, length=10.0)

    (command,) = audio_commands("-voice.mp3", recipe, _VOICE, "out.wav")

    assert " ".join(command) == (
        "-nostdin -hide_banner -nostats -v level+info -n -progress pipe:1 -f mp3 -format_whitelist"
        " mp3 -protocol_whitelist file,pipe -i file:-voice.mp3 -filter_complex"
        " [0:a:0]aresample=44100[s0];[s0]atrim=end_sample=529200:start_sample=88200[s1];"
        "[s1]asetpts=N[s2] -map [s2] -f wav -ac 1 -ar 44100 -c:a pcm_s16le"
        " -fflags +bitexact -map_chapters -1 -map_metadata -1 file:out.wav"
    )


def test_mp3() -> None:
    recipe = AudioRecipe(format="mp3", suffix=".mp3")

    (command,) = audio_commands("a", recipe, _VOICE, "out.mp3")

    assert "-b:a 192000 -c:a libmp3lame -fflags +bitexact" in " ".join(command)
    assert "-id3v2_version 0" in " ".join(command)
    assert "-write_xing 0" in " ".join(command)
