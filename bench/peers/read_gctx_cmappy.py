"""Question: does cmapPy open what landfall writes, with the same ids, values and metadata that h5py sees?

Usage: python read_gctx_cmappy.py OUT.gctx    (a virtual environment with bench/peers/requirements-infer.txt)
"""

import sys

import h5py
import numpy as np
from cmapPy.pandasGEXpress.parse import parse

path = sys.argv[1]
parsed = parse(path)
checks = {}
with h5py.File(path) as file:
    matrix = file["0/DATA/0/matrix"][:]
    # cmapPy has genes in rows.
    checks["values"] = np.array_equal(parsed.data_df.to_numpy(), matrix.T, equal_nan=True)
    for axis, frame in (("ROW", parsed.row_metadata_df), ("COL", parsed.col_metadata_df)):
        group = file[f"0/META/{axis}"]
        ids = [name.decode() for name in group["id"][:]]
        checks[f"{axis} ids"] = list(frame.index) == ids
        checks[f"{axis} fields"] = sorted(frame.columns) == sorted(name for name in group if name != "id")
        for name in frame.columns:
            stored = group[name][:]
            if stored.dtype.kind in "SO":
                got = ["-666" if str(cell) == "nan" else str(cell) for cell in frame[name]]
                # cmapPy turns text that reads as numbers into numbers.
                same = all(a == b or float(a) == float(b) for a, b in zip(got, (cell.decode() for cell in stored)))
            else:
                # cmapPy goes by way of text, of which float64 is made.
                same = np.array_equal(frame[name].to_numpy().astype(stored.dtype), stored, equal_nan=True)
            checks[f"{axis} {name}"] = same
for name, holds in checks.items():
    print("equal " if holds else "DIFFER", name)
print(f"{sum(checks.values())} of {len(checks)} checks hold, {matrix.shape[0]} profiles, {matrix.shape[1]} genes")
sys.exit(0 if all(checks.values()) else 1)
