"""Read pages with RapidOCR as it comes, for comparison: one line of JSON in, one out.

A line is [path of a file, page from 1]; the answer is the lines of text. It has one thread: on one
core more of them only wait for each other, which costs it a fifth.
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image
from rapidocr import RapidOCR

DPI = 200


def picture_of(path, number):
    """Return a page as RGB."""
    if path.endswith(".pdf"):
        document = pypdfium2.PdfDocument(path)
        picture = document[number - 1].render(scale=DPI / 72).to_pil()
        document.close()
    else:
        picture = Image.open(io.BytesIO(Path(path).read_bytes()))
    return np.asarray(picture.convert("RGB"))


def main():
    engine = RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    for line in sys.stdin:
        result = engine(picture_of(*json.loads(line))[:, :, ::-1])
        print(json.dumps(list(result.txts or ())), flush=True)


if __name__ == "__main__":
    main()
