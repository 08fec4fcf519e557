from __future__ import annotations

import pytest

from wanprep.fix.image.strip_location import blank_xmp


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        pytest.param(
            b'<rdf:Description exif:GPSLatitude="48,12.5N" dc:title="A" exif:GPSSpeed=\'1/2\'/>',
            b'<rdf:Description  dc:title="A" />', id="attributes",
        ),
        pytest.param(
            b"<a:b><exif:GPSLatitude>48,12.5N</exif:GPSLatitude><dc:title>GPS</dc:title></a:b>",
            b"<a:b> <dc:title>GPS</dc:title></a:b>", id="elements",
        ),
        pytest.param(
            b"<exif:GPSTimeStamp\n rdf:parseType='Literal'>12</exif:GPSTimeStamp\n><x/>",
            b"<x/>", id="an element with attributes",
        ),
        pytest.param(b"<exif:GPSMapDatum/><x/>", b"<x/>", id="an empty element"),
        pytest.param(
            b'<d drone-dji:GpsLatitude="+48.2" drone-dji:GpsLongtitude="+16.3" drone-dji:Yaw="3"/>',
            b'<d drone-dji:Yaw="3"/>', id="a drone",
        ),
        pytest.param(b'<d ns1:GPSAltitude = "1/2" x="y"/>', b'<d x="y"/>', id="another prefix"),
        pytest.param(b'<d dc:title="No GPS here"/>', b'<d dc:title="No GPS here"/>', id="text"),
    ],
)  # fmt: skip
def test_positions_become_blanks(before: bytes, kept: bytes) -> None:
    after = blank_xmp(before)

    assert len(after) == len(before)
    assert after.split() == kept.split()
