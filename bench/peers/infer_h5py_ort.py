"""GCTX in, GCTX out with h5py and ONNX Runtime: a peer of bench/infer-peers.mjs.

Usage: python infer_h5py_ort.py MODEL_FOLDER INPUT OUTPUT THREADS    (h5py, numpy, onnxruntime)
Blocks of 256 profiles; prints {"peak": MB}. No check, no metadata beside ids: the least that somebody
would write.
"""

from peer_job import infer_gctx, onnx_session, report

session = onnx_session()
infer_gctx(lambda rows: session.run(["targets"], {"landmarks": rows})[0])
report()
