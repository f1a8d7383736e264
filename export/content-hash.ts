export { contentHash } from "../data/node/content-hash.ts";
