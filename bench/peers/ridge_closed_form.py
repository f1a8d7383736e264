"""Ridge by an independent closed form, to check `landfall train recipes/ridge.json` against.

Reads a dataset directory (expression.gctx, dataset.json) with h5py, standardises with moments computed here, solves the
dual problem W = X'(XX' + N*lambda*I)^-1 Y in float64 and prints the MAE per split in z units.

Usage: python3 ridge_closed_form.py DATASET LAMBDA      (Debian: python3-h5py python3-numpy)
"""

import json
import sys

import h5py
import numpy as np

directory, lam = sys.argv[1], float(sys.argv[2])
clip = json.load(open(f"{directory}/dataset.json"))["standardisation"].get("clip")
with h5py.File(f"{directory}/expression.gctx") as f:
    values = f["/0/DATA/0/matrix"][:].astype(np.float64)
    row, col = f["/0/META/ROW"], f["/0/META/COL"]
    landmark = np.asarray(row["lf_landmark"][:]).astype(int) == 1
    target = np.asarray(row["lf_target"][:]).astype(int) == 1
    split = np.asarray(col["lf_split"][:]).astype(str)
train = split == "train"
z = (values - values[train].mean(0)) / (values[train].std(0) + 1e-3)
if clip is not None:
    z = z.clip(-clip, clip)
x, y = z[:, landmark], z[:, target]
mx, my = x[train].mean(0), y[train].mean(0)
xc, yc = x[train] - mx, y[train] - my
n = len(xc)
w = xc.T @ np.linalg.solve(xc @ xc.T + n * lam * np.eye(n), yc)
for name in ("train", "validation", "test"):
    rows = split == name
    error = np.abs((x[rows] - mx) @ w + my - y[rows])
    print(f"{name}\t{rows.sum()} profiles\tMAE {error.mean():.6f}\tmean baseline {np.abs(y[rows]).mean():.6f}")
