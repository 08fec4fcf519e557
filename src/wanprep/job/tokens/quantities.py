"""Numbers that count seconds, pixels or cats after a word that could begin a token.

These are parts of verbose patterns, matched against folded text.
"""

# ruff: noqa: RUF001 - full-width signs and long dashes are what this is about

from __future__ import annotations

import re
from typing import Final

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

# A video has seconds, parts and a speed besides: 视频3秒, 视频2倍速. A picture has none of
# them: 图1秒变超人.
NO_TIME: Final = """
    (?![ \t]{0,2}[0-9]{1,3}(?:[-–~〜～至到][0-9]{1,4}(?:\\.[0-9]{1,3})?)?[ ]?(?:
        毫秒|秒(?![变變杀殺懂切换換])|分[钟鐘半0-9]|小[时時](?![候钟鐘])|天(?:[后後前内內之]|[时時])
      | 段(?!落)|部(?![分位门門落])|集(?![合中体體])|次(?![元日])|倍(?![感受加])
      | [帧幀](?![数數间間])|[镜鏡]到底
    ))
"""

_EXTENSIONS: Final = (
    "jpe?g|png|webp|gif|bmp|tiff?|hei[cf]|avif|svg|psd|pdf|mp[34]|mov|m4[av]|webm|mkv|avi|wav"
)

# What may not follow a token's number: more of the number, a size, a share, a file's
# extension, a time, or something counted ("1-3 seconds" included).
NO_QUANTITY: Final = rf"""
    (?![0-9]|\.[0-9]|,[0-9]{{3}}(?![0-9])|[x×*][0-9]|[ ][x×][ ]?[0-9]|[ ]?[%％°℃]
      | \.(?:{_EXTENSIONS})(?![a-z])
      | :[0-5][0-9](?![0-9岁歲-])
      | (?:[-–—~〜～至到][0-9]{{1,4}}(?:\.[0-9]{{1,3}})?)?(?:{_UNITS}|{_MEASURES}))
"""

# What a token's number may not begin: "image 16:9".
NO_RATIO: Final = "(?!(?:1:[1-9]|2:[13]|3:[24]|4:[35]|5:4|8:1|9:16|9:21|16:9|21:9)(?![0-9.]))"

# What follows 2 in 图1和2 when 2 counts cats, storeys or glasses.
COUNTED: Final = (
    "[名位只隻匹辆輛棵朵件头頭层層楼樓排块塊点點种種群对對双雙座台架艘本杯瓶束串支枝根颗顆粒滴片"
    "栋棟间間家句遍步圈米公万萬千百亿億分月日天周]|人(?![物像脸臉设設])"
)

# "cinematic video 2 men fighting": small letters and somebody to count.
COUNTED_NOUN: Final = re.compile(
    "[ ](?:people|persons|men|women|kids|children|boys|girls|friends|guys|strangers|dancers|actors"
    "|characters|cats|dogs|birds|horses|cars|robots|objects|images|pictures|videos|photos|shots"
    "|scenes|clips)(?![a-z])"
)

# "image 2 video" and "image-2-video" name a kind of model.
MODEL_NAME: Final = re.compile("[ -](?:image|img|video|text|3d)(?![a-z])(?![ _#-]{0,2}[0-9])")

# "... of the video\n2. Then ..." begins an item.
LIST_MARKER: Final = re.compile("[.):、）]")
