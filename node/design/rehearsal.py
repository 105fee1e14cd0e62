"""Reads a small part in the warm parent before any file comes, so that no child must open a module in the jail."""

import encodings.cp437
import encodings.cp1252
import encodings.idna
import encodings.utf_16  # noqa: F401
import io
import struct
import zipfile

from node.design.errors import IntakeError
from node.design.formats import Format
from node.design.lengths import Unit
from node.design.measure import measure
from node.design.reading import Options, Request
from protocol import wire

CORNERS = ((0.0, 0.0, 0.0), (10.0, 0.0, 0.0), (0.0, 10.0, 0.0), (0.0, 0.0, 10.0))
SIDES = ((0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2))


def rehearse() -> None:
    """Measure a tetrahedron in three formats, a disc, and a STEP file without geometry."""
    options = Options(unit=Unit.MILLIMETRE, preview=True)
    for kind, content in ((Format.STL, _stl()), (Format.OBJ, _obj()), (Format.THREEMF, _3mf()), (Format.DXF, _dxf())):
        request = Request(kind=kind, options=options, triangles=100, unpacked=100_000, content=content)
        measure(wire.decode(Request, wire.encode(request)))
    empty = Request(kind=Format.STEP, options=options, triangles=0, unpacked=0, content=_step())
    try:
        measure(empty)
    except IntakeError:
        return  # as it should: there is no body in it


def _stl() -> bytes:
    records = b"".join(
        struct.pack("<12fH", 0, 0, 0, *(value for corner in side for value in CORNERS[corner]), 0) for side in SIDES
    )
    return bytes(80) + struct.pack("<I", len(SIDES)) + records


def _obj() -> bytes:
    lines = ["v {} {} {}".format(*corner) for corner in CORNERS]
    lines += ["f {} {} {}".format(*(corner + 1 for corner in side)) for side in SIDES]
    return "\n".join(lines).encode()


def _3mf() -> bytes:
    vertices = "".join('<vertex x="{}" y="{}" z="{}"/>'.format(*corner) for corner in CORNERS)
    triangles = "".join('<triangle v1="{}" v2="{}" v3="{}"/>'.format(*side) for side in SIDES)
    model = (
        '<model unit="millimeter" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>'
        f'<object id="1" type="model"><mesh><vertices>{vertices}</vertices><triangles>{triangles}</triangles></mesh>'
        '</object></resources><build><item objectid="1"/></build></model>'
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("3D/3dmodel.model", model)
    return packed.getvalue()


def _dxf() -> bytes:
    return b"0\nSECTION\n2\nENTITIES\n0\nCIRCLE\n8\n0\n10\n0\n20\n0\n40\n5\n0\nENDSEC\n0\nEOF\n"


def _step() -> bytes:
    header = b"ISO-10303-21;HEADER;FILE_DESCRIPTION((''),'2;1');FILE_NAME('','',(''),(''),'','','');"
    return header + b"FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));ENDSEC;DATA;ENDSEC;END-ISO-10303-21;"
