/** A page without a face: the browser's sessions and models, as tests ask for them. */
import "../../../web/disposal.ts";
import { config } from "zod";
import { serialSession } from "../../../runtime/serial-session.ts";
import type { SessionHost, TensorMap } from "../../../runtime/session.ts";
import { isAppError } from "../../../schemas/index.ts";
import { browserFacts, loadModel } from "../../../web/index.ts";
import { openOrtWebEngine } from "../../../web/ort-engine.ts";
import { workerHost } from "../../../web/worker-host.ts";
import type { HostsWindow, PlainTensors } from "./protocol.ts";

// zod compiles its checks by `new Function`, which the security policy forbids and reports.
config({ jitless: true });

const sessions: SessionHost[] = [];

const plain = (tensors: TensorMap): PlainTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dims, data }]) => [
      name,
      { dims: [...dims], values: Array.from(data, Number) },
    ]),
  );

const hosts: HostsWindow["hosts"] = {
  async whyNoGpu() {
    const { gpu } = await browserFacts();
    return gpu.ok ? undefined : gpu.reason;
  },

  async open({ base64, provider }) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const ort = await workerHost.loadOrt(provider, 1);
    const options = { graph: { bytes, externalData: [] }, provider, tried: [{ provider, ok: true }] } as const;
    const session = serialSession(await openOrtWebEngine(ort, options));
    const { inputs, outputs } = session;
    return { id: sessions.push(session) - 1, inputs, outputs };
  },

  async run({ id, feeds }) {
    const entries = Object.entries(feeds).map(([name, { dims, values }]) => {
      return [name, { type: "float32", dims, data: Float32Array.from(values) }] as const;
    });
    const outputs = await sessions[id]?.run(Object.fromEntries(entries));
    return plain(outputs ?? {});
  },

  async close(id) {
    await sessions[id]?.[Symbol.asyncDispose]();
  },

  async infer({ url, device, precision, genes, values }) {
    try {
      using model = await loadModel(url, { device, precision });
      const prediction = await model.predict({ genes, values: Float32Array.from(values) });
      const rows = await prediction.rows(0, prediction.samples.ids.length);
      const { provider, precision: loaded } = model;
      return { ok: true, provider, precision: loaded, values: Array.from(rows), ood: Array.from(prediction.ood) };
    } catch (error) {
      if (!isAppError(error)) throw error;
      return { ok: false, tag: error.tag, message: error.message };
    }
  },
};

Object.assign(globalThis, { hosts });
