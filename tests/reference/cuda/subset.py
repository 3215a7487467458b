"""Writes abi.json here: the enums, structs and functions of the CUDA 12.9 headers that Ditto declares.

usage: subset.py FULL_ABI_JSON
The full file lists every declaration of cuda.h, nvrtc.h and cublasLt.h as a C compiler sees it. What is needed is read from the
C# declarations: the fields of the function tables and the [Abi("...")] attributes.
"""
import json
import pathlib
import re
import sys

here = pathlib.Path(__file__).resolve().parent
abi_folder = here.parents[2] / "src" / "Native.Interop" / "Abi"
full = json.loads(pathlib.Path(sys.argv[1]).read_text())
sources = {path.name: path.read_text() for path in sorted(abi_folder.glob("*.cs"))}
functions = sorted({name for text in sources.values() for name in re.findall(r"resolve\(nameof\((\w+)\)\)", text)})
tags = sorted({tag for text in sources.values() for tag in re.findall(r'\[Abi\("(\w+)"\)\]', text)})
subset = {
    "enums": {tag: full["enums"][tag] for tag in tags if tag in full["enums"]},
    "functions": {name: full["functions"][name] for name in functions if name in full["functions"]},
    "structs": {tag: full["structs"][tag] for tag in tags if tag in full["structs"]},
}
(here / "abi.json").write_text(json.dumps(subset, indent=1, sort_keys=True) + "\n")
