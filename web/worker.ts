import "./disposal.ts";
import { createApi } from "./api.ts";
import { serveApi } from "./serve-api.ts";
import { workerHost } from "./worker-host.ts";

serveApi(createApi(workerHost), globalThis);
