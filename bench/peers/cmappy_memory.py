"""GCTX in, GCTX out with cmapPy, which holds whole matrices in memory: a peer of bench/infer-peers.mjs.

Usage: python cmappy_memory.py MODEL_FOLDER INPUT OUTPUT THREADS    (cmapPy, numpy, onnxruntime, pandas)
cmapPy has genes in rows and writes what it is given at once, so the whole output is in memory, and transposed by the
writer; prints {"peak": MB}.
"""

import numpy as np
import pandas as pd
from cmapPy.pandasGEXpress.GCToo import GCToo
from cmapPy.pandasGEXpress.parse import parse
from cmapPy.pandasGEXpress.write_gctx import write
from peer_job import block_rows, genes, onnx_session, report, source, target

session = onnx_session()
given = parse(source).data_df
landmarks = session.get_inputs()[0].shape[1]
rows = np.ascontiguousarray(given.loc[genes[:landmarks]].to_numpy(dtype=np.float32).T)
values = np.empty((len(rows), len(genes)), np.float32)
values[:, :landmarks] = rows
for start in range(0, len(rows), block_rows):
    block = slice(start, start + block_rows)
    values[block, landmarks:] = session.run(["targets"], {"landmarks": rows[block]})[0]
write(GCToo(pd.DataFrame(values.T, index=genes, columns=given.columns)), target)

report()
