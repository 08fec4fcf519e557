"""What a token looks like, and the numbers that may follow it.

Everything here is matched against folded text. No pattern repeats without a bound, hence
time stays in step with the length of the prompt.
"""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

import re
from typing import Final

from wanprep.job.tokens.quantities import COUNTED, NO_QUANTITY, NO_RATIO, NO_TIME

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

# Where to look: plain words are found many times quicker than the whole pattern.
WORD: Final = re.compile("image|picture|img|video|character|[图圖](?![图圖])|视频|視頻")

HEAD: Final = re.compile(
    rf"""
    (?:
        (?<![a-z\u00c0-\u024f])(?<![a-z0-9]_)
        (?P<english>image|picture|img|video{NO_TIME}|character)(?P<plural>s?)
        (?P<gap>[ ]{{0,2}}(?:\#|№|no\.|number[ ])[ ]{{0,2}}|[-_]|[ \t]{{1,3}}|{_LINE_BREAK}|)
        {NO_RATIO}(?P<number>[0-9]{{1,3}}){_ENGLISH_END}
      | (?P<chinese>{_NO_WORD}(?:图[片像]?|圖[片像]?)|(?<![文图圖]生)(?:视频|視頻){NO_TIME})
        (?P<between>[ \t]{{0,2}}[\#_-]?[ \t]{{0,2}}|{_LINE_BREAK})
        {NO_RATIO}(?P<numeral>[0-9]{{1,3}}|[①②③④⑤⑥⑦⑧⑨⑩]|[一二三四五六七八九十]{_NUMERAL_END})
        {_CHINESE_END}
    )
    {NO_QUANTITY}(?P<keycap>\ufe0f?\u20e3)?
    """,
    re.VERBOSE,
)

# `pause` may be the end of a thought: in "Image 1, 25, a nurse" nobody counts pictures.
NEXT: Final = re.compile(
    rf"""
    (?:
        (?P<range>[-–~〜～]|[ ][-–—~][ ]|[ ](?:to|through|thru)[ ]|[ ]?[至到][ ]?)
      | (?P<pause>,[ ]|，)|,|[ ]?,[ ]?(?:(?:and|or)[ ]|&[ ]?)|[ ](?:and|or|plus)[ ]
      | [ ]?[/&+、][ ]?|[ ]?(?:以?及|[和与與或跟])[ ]?
    )
    {NO_RATIO}(?P<number>[1-9][0-9]?)(?![a-z_]){NO_QUANTITY}(?![ ]?秒)
    """,
    re.VERBOSE,
)

# What may stand after the last number of a list that began with a singular word. "Image 1 and 2
# dance" is a list, "Image 1 and 2 dogs" is not: verbs and small words tell them apart.
LIST_END: Final = re.compile(
    rf"""
    \s*\Z|[ \t]*\n|[ ]?[^\w\s]|[ ]?(?!{COUNTED})[\u3400-\u9fff]
    | [ ](?:a|after|all|and|appear|are|argue|around|as|at|become|before|begin|behind|beside|both|by
      |can|cannot|carry|chase|climb|come|cook|cross|dance|dancing|do|drink|drive|each|eat|embrace
      |enter|exchange|face|fight|for|from|gaze|get|give|go|greet|grow|had|have|high|hold|hug|in
      |inside|interact|into|is|join|jump|keep|kiss|laugh|lean|leave|lie|like|look|make|may|meet
      |merge|move|must|near|next|on|onto|open|or|over|perform|pick|play|point|race|raise|remain|ride
      |run|running|sail|say|shake|share|should|side|sing|sip|sit|sitting|smile|sparring|speak|spin
      |stand|standing|stare|start|stay|step|stop|swap|swim|take|talk|talking|that|the|their|then|they
      |through|to|together|toward|towards|try|turn|under|wait|walk|walking|watch|wave|wear|wearing
      |were|when|where|while|who|whose|will|with|without)(?![a-z])
    """,
    re.VERBOSE,
)
