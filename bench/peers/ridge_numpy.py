"""Ridge in numpy and scikit-learn, one fit a line of standard input: the peer of bench/ridge.mjs.

Usage: python ridge_numpy.py FOLDER    (numpy, scipy, scikit-learn)
Writes FOLDER/{x,y}.f32 (train rows, then validation rows), prints "ready", then answers every line "cholesky LAMBDA",
"sklearn LAMBDA", "sklearn32 LAMBDA" or "path LAMBDA,LAMBDA,..." with its seconds, those of all cores and the lambda taken, leaving float32
weights in FOLDER/w.f32. All but sklearn32 compute in float64, from the same float32 rows that Landfall is given.
"""

import sys
import time

import numpy as np
import scipy.linalg
from sklearn.linear_model import Ridge

folder, rows, held, landmarks, targets = sys.argv[1], *map(int, sys.argv[2:6])
rng = np.random.default_rng(0)
common = rng.standard_normal((rows + held, 60), dtype=np.float32)


def standardised(columns):
    z = common @ rng.standard_normal((60, columns), dtype=np.float32) * np.float32(0.13)
    z += rng.standard_normal(z.shape, dtype=np.float32)
    return (z - z[:rows].mean(0)) / (z[:rows].std(0) + np.float32(1e-3))


x, y = standardised(landmarks), standardised(targets)
x.tofile(f"{folder}/x.f32")
y.tofile(f"{folder}/y.f32")


def moments():
    xc, yc = x[:rows].astype(np.float64), y[:rows].astype(np.float64)
    mx, my = xc.mean(0), yc.mean(0)
    xc -= mx
    yc -= my
    return xc.T @ xc, xc.T @ yc, mx, my


def cholesky(lam):
    g, c, mx, my = moments()
    w = scipy.linalg.cho_solve(scipy.linalg.cho_factor(g + rows * lam * np.eye(landmarks)), c)
    return w, my - mx @ w, lam


def path(lambdas):
    g, c, mx, my = moments()
    d, v = np.linalg.eigh(g)
    along, v32 = v.T @ c, v.astype(np.float32)
    xv = x[rows:] @ v32
    errors = []
    for lam in lambdas:
        w = along / (d + rows * lam)[:, None]
        b = (my - (mx @ v) @ w).astype(np.float32)
        errors.append(np.abs(xv @ w.astype(np.float32) + b - y[rows:]).mean(dtype=np.float64))
    lam = lambdas[int(np.argmin(errors))]
    w = v @ (along / (d + rows * lam)[:, None])
    return w, my - mx @ w, lam


def sklearn(lam, dtype):
    fitted = Ridge(alpha=rows * lam, solver="cholesky").fit(x[:rows].astype(dtype), y[:rows].astype(dtype))
    return fitted.coef_.T, fitted.intercept_, lam


fits = {
    "cholesky": lambda text: cholesky(float(text)),
    "path": lambda text: path([float(part) for part in text.split(",")]),
    "sklearn": lambda text: sklearn(float(text), np.float64),
    "sklearn32": lambda text: sklearn(float(text), np.float32),
}
print("ready", flush=True)
for line in sys.stdin:
    name, text = line.split()
    start, cpu_before = time.perf_counter(), time.process_time()
    w, b, lam = fits[name](text)
    w = np.ascontiguousarray(w, dtype=np.float32)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_before
    w.tofile(f"{folder}/w.f32")
    print(seconds, cpu_seconds, lam, flush=True)
