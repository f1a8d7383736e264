"""GCTX in, GCTX out with h5py and ONNX Runtime: a peer of bench/infer-peers.mjs.

Usage: python infer_h5py_ort.py MODEL_FOLDER INPUT OUTPUT THREADS    (h5py, numpy, onnxruntime)
Blocks of 256 profiles; prints {"seconds": ..., "peak": MB}. No check, no metadata beside ids: the least that somebody
would write.
"""

import json
import resource
import sys
import time

started = time.perf_counter()
import h5py
import numpy as np
import onnxruntime as ort

folder, source, target, threads = sys.argv[1:5]
options = ort.SessionOptions()
options.intra_op_num_threads = int(threads)
session = ort.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])
genes = [line.split("\t")[0] for line in open(f"{folder}/genes.tsv").read().splitlines()[1:]]

with h5py.File(source, "r") as given, h5py.File(target, "w") as made:
    matrix = given["0/DATA/0/matrix"]
    samples, landmarks = matrix.shape
    names = [name.decode() for name in given["0/META/ROW/id"][:]]
    place = {name: column for column, name in enumerate(names)}
    columns = np.array([place[name] for name in genes[:landmarks]])
    made.attrs["version"] = "GCTX1.0"
    made["0/META/ROW/id"] = np.array(genes, dtype="S")
    made["0/META/COL/id"] = given["0/META/COL/id"][:]
    values = made.create_dataset("0/DATA/0/matrix", (samples, len(genes)), "float32")
    for start in range(0, samples, 256):
        rows = matrix[start : start + 256][:, columns].astype(np.float32)
        values[start : start + 256, :landmarks] = rows
        values[start : start + 256, landmarks:] = session.run(["targets"], {"landmarks": rows})[0]

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": time.perf_counter() - started, "peak": peak}))
