"""How prompts spell a reference: the patterns that match it, and a name for each style.

All patterns match folded text. No pattern repeats without a bound, so the time grows in step
with the length of the prompt.
"""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

import re
from functools import cache, lru_cache
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

TokenKind = str  # image, video, character, or another word of a dialect


@dataclass(frozen=True, slots=True)
class Token:
    """One reference named in a prompt; `span` counts characters, `text` is the characters there.

    The members of a range, "Images 1-3", share one span: they are one phrase.
    """

    kind: TokenKind
    index: int
    style: str
    span: tuple[int, int]
    text: str


_SMALL: Final = {ord(letter): letter.lower() for letter in ascii_letters}
_WIDE: Final = {ord(sign) + 0xFEE0: sign.lower() for sign in f"{ascii_letters}{digits}@#<>[]{{}}_-"}
_BLANKS: Final = dict.fromkeys((0xA0, *range(0x2000, 0x200E), 0x202F, 0x2060, 0x3000, 0xFEFF), " ")
_HYPHENS: Final = dict.fromkeys((0x2010, 0x2011), "-")
_FOLDING: Final = {**_SMALL, **_WIDE, **_BLANKS, **_HYPHENS}

# Numbers in a URL are no tokens: "https://example.com/image1.png".
_URL: Final = re.compile(r"(?:https?://|www\.)[!-~]+")


def fold(prompt: str) -> str:
    """Write letters small and everything half-width, one character for one.

    NFKC would do more and move every offset; here offsets are the same in both strings.
    """
    folded = prompt.translate(_FOLDING)
    if "://" not in folded and "www." not in folded:
        return folded
    return _URL.sub(lambda match: "\0" * len(match[0]), folded)


# "video 5 seconds", "image 4 k": the number belongs to what follows.
_UNITS: Final = r"""
    [ \n-]?(?:
        (?:milli)?seconds?|secs?|minutes?|mins?|hours?|hrs?|s|ms|k
      | days|weeks|months|years|(?:day|week|month|year)s?[ -](?:ago|after|before|later|long|old)
      | times|x[ ]?(?:speed|zoom|faster|slower|[0-9])
      | fps|hz|k?bps|[kmg]b|dpi|bits?|channels?|tapes?|cassettes?|camcorders?
      | frames?[ ]per|px|pixels?|megapixels?|mm|cm|inch(?:es)?|feet|ft|met(?:er|re)s?
      | degrees?|per[ ]?cent
    )(?![a-z0-9])
"""

# 图3张 and 视频2个 count; 图1张开双臂, 图1个性 and 图1年轻时 go on with another word.
_MEASURES: Final = r"""
    [ ]?(?:
        [张張](?=\Z|[\s、，。；！？,.;!?)）图圖照画畫海的以左])|[个個](?![性子头頭])|幅(?![度员員])
      | [岁歲](?!月)|年(?![轻輕幼老长長迈邁少龄齡代])|[条條](?![件纹紋理形])
      | 组(?![成合图])|度(?![假过過日])|[宫宮]?格(?![子外局])|比[0-9]
      | 像素(?![风風化级級画畫])|英?寸(?![头頭步])|厘米
      | 米(?=[高长長宽寬外之处處远遠])|倍(?![感受加])|分[钟鐘]|小[时時](?!候)
      | 步(?=[走骤驟、，。；！？]|\Z)|遍(?![布佈地])
    )
"""

# A video has seconds, parts and a speed besides: 视频3秒, 视频2倍速. An image has none of
# them: 图1秒变超人.
_NO_TIME: Final = """
    (?![ \t]{0,2}[0-9]{1,3}(?:[-–~〜～至到][0-9]{1,4}(?:\\.[0-9]{1,3})?)?[ ]?(?:
        毫秒|秒(?![变變杀殺懂切换換])|分[钟鐘半0-9]|小[时時](?![候钟鐘])|天(?:[后後前内內之]|[时時])
      | 段(?!落)|部(?![分位门門落])|集(?![合中体體])|次(?![元日])|倍(?![感受加])
      | [帧幀](?![数數间間])|[镜鏡]到底
    ))
"""

_EXTENSIONS: Final = (
    "jpe?g|png|webp|gif|bmp|tiff?|hei[cf]|avif|svg|psd|pdf|mp[34]|mov|m4[av]|webm|mkv|avi|wav"
)

# What may not follow a token's number: the rest of a decimal, a size, a share, a file's
# extension, a time, or something counted ("1-3 seconds" included).
_QUANTITY: Final = rf"""
    \.[0-9]|,[0-9]{{3}}(?![0-9])|[x×*][0-9]|[ ][x×][ ]?[0-9]|[ ]?[%％°℃]
      | \.(?:{_EXTENSIONS})(?![a-z])
      | :[0-5][0-9](?![0-9岁歲-])
      | (?:[-–—~〜～至到][0-9]{{1,4}}(?:\.[0-9]{{1,3}})?)?(?:{_UNITS}|{_MEASURES})
"""

# What a token's number may not begin: "image 16:9".
_NO_RATIO: Final = "(?!(?:1:[1-9]|2:[13]|3:[24]|4:[35]|5:4|8:1|9:16|9:21|16:9|21:9)(?![0-9.]))"

# What follows 2 in 图1和2 when 2 counts cats, storeys or glasses.
_COUNTED: Final = (
    "[名位只隻匹辆輛棵朵件头頭层層楼樓排块塊点點种種群对對双雙座台架艘本杯瓶束串支枝根颗顆粒滴片"
    "栋棟间間家句遍步圈米公万萬千百亿億分月日天周]|人(?![物像脸臉设設])"
)

# "cinematic video 2 men fighting": small letters and something to count.
COUNTED_NOUN: Final = re.compile(
    "[ ](?:people|persons|men|women|kids|children|boys|girls|friends|guys|strangers|dancers|actors"
    "|characters|cats|dogs|birds|horses|cars|robots|objects|images|pictures|videos|photos|shots"
    "|scenes|clips)(?![a-z])"
)

# "image 2 video" and "image-2-video" name a kind of model.
MODEL_NAME: Final = re.compile("[ -](?:image|img|video|text|3d)(?![a-z])(?![ _#-]{0,2}[0-9])")

# "... of the video\n2. Then ..." begins an item.
LIST_MARKER: Final = re.compile("[.):、）]")

# An English word ends at any letter; after a Chinese one only 3D, 4K, 60fps and the like count.
_ENGLISH_END: Final = r"(?![a-z\u00c0-\u024f]|_[a-z0-9])"
_CHINESE_END: Final = r"(?!(?:[kpdxs]|fps|px|mm|cm|ms|min|sec|hz|[mg]b|st|nd|rd|th)(?![a-z]))"

# 地图 构图 意图 企图 试图 蓝图 拼图 图图 文生图 三视图 are words of their own; 注意图1 and
# 尝试图1 ("note image 1", "try image 1") are not.
_NO_WORD: Final = """
    (?<![地構构企妄貪贪藍蓝拼图圖])(?:(?<!意)|(?<=注意)|(?<=同意))(?:(?<![试試])|(?<=[尝嘗][试試]))
    (?<![文图圖]生)(?<!三[视視])
"""

# 图一 only before what cannot belong to the numeral: 图一中, 图一和, but not 图一时 or 视频一段.
_NUMERAL_END: Final = (
    r"(?=[ ]?(?:\Z|[\n、，。；：！？,.;:!?)）】」』”’\]>}]|[的中里裡和與与及跟或内內是为為]))"
)

_LINE_BREAK: Final = r"[ \t]{0,2}\r?\n[ \t]{0,2}"


# Longer than any number of a reference, and no year, name of a file or date, which have four or
# eight digits: see `_is_english_count`.
_LONG: Final = "[1-9](?:[0-9]{4,6}|[0-9]{8,98})"


@lru_cache(maxsize=64)
def patterns_for(words: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return where to look, and the pattern there; `words` are those of more kinds.

    Plain words are found many times quicker than the whole pattern.
    """
    more = "".join(f"|{re.escape(word)}" for word in words)
    other = "|音频|音頻" if "audio" in words else ""
    word = f"image|picture|img|video|character{more}|[图圖](?![图圖])|视频|視頻{other}"
    return re.compile(word), re.compile(_head(more, other), re.VERBOSE)


def _head(more: str, other: str) -> str:
    return rf"""
    (?:
        (?<![a-z\u00c0-\u024f])(?<![a-z0-9]_)
        (?P<english>image|picture|img|video{_NO_TIME}|character{more})(?P<plural>s?)
        (?P<gap>[ ]{{0,2}}(?:\#|№|no\.|number[ ])[ ]{{0,2}}|[-_]|[ \t]{{1,3}}|{_LINE_BREAK}|)
        {_NO_RATIO}(?P<number>[0-9]{{1,3}}|{_LONG}){_ENGLISH_END}
      | (?P<chinese>{_NO_WORD}(?:图[片像]?|圖[片像]?)|(?<![文图圖]生)(?:视频|視頻){_NO_TIME}{other})
        (?P<between>[ \t]{{0,2}}[\#_-]?[ \t]{{0,2}}|{_LINE_BREAK})
        {_NO_RATIO}(?P<numeral>[0-9]{{1,3}}|[①②③④⑤⑥⑦⑧⑨⑩]|[一二三四五六七八九十]{_NUMERAL_END})
        {_CHINESE_END}
    )
    (?![0-9])(?P<keycap>\ufe0f?\u20e3)?
    """


@cache
def _verbose(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is needed first: that takes longer than to judge many a job."""
    return re.compile(pattern, re.VERBOSE)


def is_quantity(folded: str, end: int) -> bool:
    """Whether what follows the number that ends here makes it an amount of something."""
    return _verbose(_QUANTITY).match(folded, end) is not None


def next_number(folded: str, end: int) -> re.Match[str] | None:
    """Match what joins another number to the one that ends here."""
    match = _verbose(_NEXT).match(folded, end)
    return None if match and is_quantity(folded, match.end()) else match


def ends_list(folded: str, end: int) -> bool:
    """Whether a list that began with a singular word can end here."""
    return _verbose(_LIST_END).match(folded, end) is not None


# `pause` may be the end of a thought: in "Image 1, 25, a nurse" nobody counts images.
_NEXT: Final = rf"""
    (?:
        (?P<range>[-–~〜～]|[ ][-–—~][ ]|[ ](?:to|through|thru)[ ]|[ ]?[至到][ ]?)
      | (?P<pause>,[ ]|，)|,|[ ]?,[ ]?(?:(?:and|or)[ ]|&[ ]?)|[ ](?:and|or|plus)[ ]
      | [ ]?[/&+、][ ]?|[ ]?(?:以?及|[和与與或跟])[ ]?
    )
    {_NO_RATIO}(?P<number>[1-9][0-9]?)(?![0-9a-z_]|[ ]?秒)
"""

# What may stand after the last number of a list that began with a singular word. "Image 1 and 2
# dance" is a list, "Image 1 and 2 dogs" is not: verbs and small words distinguish them.
_LIST_END: Final = rf"""
    \s*\Z|[ \t]*\n|[ ]?[^\w\s]|[ ]?(?!{_COUNTED})[\u3400-\u9fff]
    | [ ](?:a|after|all|and|appear|are|argue|around|as|at|become|before|begin|behind|beside|both|by
      |can|cannot|carry|chase|climb|come|cook|cross|dance|dancing|do|drink|drive|each|eat|embrace
      |enter|exchange|face|fight|for|from|gaze|get|give|go|greet|grow|had|have|high|hold|hug|in
      |inside|interact|into|is|join|jump|keep|kiss|laugh|lean|leave|lie|like|look|make|may|meet
      |merge|move|must|near|next|on|onto|open|or|over|perform|pick|play|point|race|raise|remain|ride
      |run|running|sail|say|shake|share|should|side|sing|sip|sit|sitting|smile|sparring|speak|spin
      |stand|standing|stare|start|stay|step|stop|swap|swim|take|talk|talking|that|the|their|then|they
      |through|to|together|toward|towards|try|turn|under|wait|walk|walking|watch|wave|wear|wearing
      |were|when|where|while|who|whose|will|with|without)(?![a-z])
"""

# A target lists the styles it shows; every other style is understood, reported and translated.
# The names are a contract with the files of targets: add, do not rename.
STYLES: Final[Mapping[str, str]] = {
    "<<<image_1>>>": "angle brackets, doubled or tripled, as Kling's API writes it",
    "<IMAGE_1>": "one pair of angle brackets, as Grok and MiniMax write it",
    "@Image1": "at sign, capital, no space, as Oxen shows it since July 2026",
    "@image1": "at sign before any other English spelling: @image1, @Image 1, @character1",
    "@name": "at sign before the reference's own name, as Runway and Vidu write it: @anna",
    "@图1": "at sign before the Chinese words: @图1, @图片1, @视频1",
    "Image #1": "a number sign or its word between: Image #1, Image no. 1",
    "Image 01": "as Image 1, with a leading zero",
    "Image 1": "capital, one space, as Wan 2.7 documents it",
    "Images 1 and 2": "a number that borrows its word from a list or range: Images 1 and 2",
    "Image１": "full-width letters or digits, or a keycap digit, after an English word",
    "Img 1": "img in place of image",
    "Picture 1": "picture in place of image, as MiniMax and Qwen write it",
    "[Image 1]": "square brackets, as early Seedance models want them: [Image 1], [图1]",
    "character1": "the first reference of either kind, as Wan 2.6 and HappyHorse write it",
    "first image": 'plain English that counts: "the first image", "the second reference video"',
    "image 1": "as Image 1, but in other capitals or with another gap than one space",
    "image-1": "a hyphen between",
    "image1": "nothing between: image1, Image1, VIDEO2",
    "image_1": "an underscore between",
    "{image1}": "curly brackets, as templates write it",
    "图 1": "as 图1, with a gap or a sign between",
    "图1": "图 or 视频 and the number, nothing between, as Wan 2.7 documents it",
    "图1、2": "a number that borrows its word from a list or range: 图1、2, 视频1-3",
    "图一": "a Chinese or circled numeral: 图一, 视频二, 图①",
    "图片1": "图片 or 图像 in place of 图, as one of Alibaba's pages writes it",
    "图１": "as 图1, with full-width digits",
    "圖1": "traditional characters: 圖1, 圖片1, 視頻1",
    "第1张图": "plain Chinese that counts: 第1张图, 第二段视频",
}
_BRACKETED: Final = {"<": "<IMAGE_1>", "[": "[Image 1]", "{": "{image1}"}
_GAPS: Final = {"": "image1", "-": "image-1", "_": "image_1"}


def style_of(prompt: str, match: re.Match[str], brackets: str) -> str:
    """Name the style of a match inside these brackets (with the at sign, if any)."""
    written = prompt[match.start() : match.end()]
    if "@" in brackets:
        return _after_at(match, written, brackets)
    if brackets:
        return "<<<image_1>>>" if brackets.startswith("<<") else _BRACKETED[brackets[0]]
    return _english(match, written) if match["english"] else _chinese(match, written)


def _after_at(match: re.Match[str], written: str, brackets: str) -> str:
    if match["chinese"]:
        return "@图1"
    exact = f"{match['english'].title()}{match['number']}"
    shown = match["english"] not in {"character", "img", "picture"} and (brackets, written) == (
        "@",
        exact,
    )
    return "@Image1" if shown else "@image1"


def _english(match: re.Match[str], written: str) -> str:
    word, gap, number = match["english"], match["gap"], match["number"]
    if word == "character":
        return "character1"
    if not (written[: len(word)] + written[len(word) + len(gap) :]).isascii():
        return "Image１"
    if word in {"img", "picture"}:
        return "Img 1" if word == "img" else "Picture 1"
    if gap in _GAPS:
        return _GAPS[gap]
    if not gap.isspace():
        return "Image #1"
    if match["plural"]:
        return "Images 1 and 2"
    if written != f"{word.title()} {number}":
        return "image 1"
    return "Image 01" if number.startswith("0") and number != "0" else "Image 1"


def _chinese(match: re.Match[str], written: str) -> str:
    word, number = match["chinese"], match["numeral"]
    if word[0] in "圖視" or word == "音頻":
        return "圖1"
    if not number.isdecimal():
        return "图一"
    if word not in {"图", "视频", "音频"}:
        return "图片1"
    if match["between"]:
        return "图 1"
    if not written[len(word) :].isascii():
        return "图１"
    return "图1"
