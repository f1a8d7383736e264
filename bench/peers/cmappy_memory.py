"""GCTX in, GCTX out with cmapPy, which holds whole matrices in memory: a peer of bench/infer-peers.mjs.

Usage: python cmappy_memory.py MODEL_FOLDER INPUT OUTPUT THREADS    (cmapPy, numpy, onnxruntime, pandas)
cmapPy has genes in rows and writes what it is given at once, so the whole output is in memory, and transposed by the
writer; prints {"seconds": ..., "peak": MB}.
"""

import json
import resource
import sys
import time

started = time.perf_counter()
import numpy as np
import onnxruntime as ort
import pandas as pd
from cmapPy.pandasGEXpress.GCToo import GCToo
from cmapPy.pandasGEXpress.parse import parse
from cmapPy.pandasGEXpress.write_gctx import write

folder, source, target, threads = sys.argv[1:5]
options = ort.SessionOptions()
options.intra_op_num_threads = int(threads)
session = ort.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])
genes = [line.split("\t")[0] for line in open(f"{folder}/genes.tsv").read().splitlines()[1:]]

given = parse(source).data_df
landmarks = session.get_inputs()[0].shape[1]
rows = np.ascontiguousarray(given.loc[genes[:landmarks]].to_numpy(dtype=np.float32).T)
values = np.empty((len(rows), len(genes)), np.float32)
values[:, :landmarks] = rows
for start in range(0, len(rows), 256):
    values[start : start + 256, landmarks:] = session.run(["targets"], {"landmarks": rows[start : start + 256]})[0]
write(GCToo(pd.DataFrame(values.T, index=genes, columns=given.columns)), target)

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": time.perf_counter() - started, "peak": peak}))
