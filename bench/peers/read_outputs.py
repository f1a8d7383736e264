# Question: do zarr-python, pyarrow and h5py read what landfall writes, and the same values?
#
# usage: python bench/peers/read_outputs.py OUT.gctx OUT.zarr OUT.arrow   (outputs of one inference, same options)
#        in a virtual environment with bench/peers/requirements-outputs.txt
import json
import sys

import h5py
import numpy as np
import pyarrow.ipc as ipc
import zarr

gctx_path, zarr_path, arrow_path = sys.argv[1:4]


def text(values):
    """Missing text is -666 in GCTX, empty in Zarr, null in Arrow."""
    cells = ["" if v is None else v.decode() if isinstance(v, bytes) else str(v) for v in values]
    return ["" if c == "-666" else c for c in cells]


def same(name, expected, got):
    expected, got = np.asarray(expected), np.asarray(got)
    numeric = expected.dtype.kind in "fiu"
    equal = (
        np.array_equal(expected.astype("f8"), got.astype("f8"), equal_nan=True)
        if numeric
        else text(expected) == text(got)
    )
    print(f"{'equal ' if equal else 'DIFFER'} {name} {expected.dtype} {expected.shape}")
    return equal


with h5py.File(gctx_path) as gctx, ipc.open_file(arrow_path) as reader:
    group = zarr.open_group(zarr_path, mode="r")
    table = reader.read_all()
    table.validate(full=True)
    genes = json.loads(table.schema.field("expression").metadata[b"genes"])
    metadata = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
    matrix = gctx["/0/DATA/0/matrix"][:]
    expression = table["expression"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    checks = [
        same("zarr matrix", matrix, group["matrix"][:]),
        same("arrow expression", matrix, expression.reshape(len(table), -1)),
        matrix.dtype == group["matrix"].dtype == expression.dtype,
    ]
    for name, column in gctx["/0/META/COL"].items():
        checks.append(same(f"zarr samples/{name}", column[:], group[f"samples/{name}"][:]))
        checks.append(same(f"arrow {name}", column[:], table[name].to_pylist()))
    for name, column in gctx["/0/META/ROW"].items():
        numbers = [np.nan if v is None else v for v in genes[name]]
        checks.append(same(f"zarr genes/{name}", column[:], group[f"genes/{name}"][:]))
        checks.append(same(f"arrow genes {name}", column[:], numbers))
    attributes = {k: v.decode() if isinstance(v, bytes) else v for k, v in gctx.attrs.items() if k != "version"}
    for name, other in (("zarr", dict(group.attrs)), ("arrow", metadata)):
        checks.append(other == attributes)
        print(f"{'equal ' if checks[-1] else 'DIFFER'} {name} attributes {sorted(other)}")

print(f"{sum(checks)} of {len(checks)} checks hold")
sys.exit(0 if all(checks) else 1)
