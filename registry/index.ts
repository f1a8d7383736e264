/**
 * The model repository: published versions, the aliases that point to them, and proof that nothing changed.
 * @module
 */
export { type AliasChange, type AliasMap, type AliasOptions, readAliases, rollback, setAlias } from "./aliases.ts";
export { diffVersions, type ModelDiff } from "./diff.ts";
export { collectGarbage, type GcOptions, type Leftover } from "./gc.ts";
export { listModels, type ModelSummary, summariseModel, type VersionSummary } from "./list.ts";
export { type ManifestHead, readHead, readManifest } from "./manifest.ts";
export { type Published, type PublishOptions, publishVersion } from "./publish.ts";
export { formatReference, type ModelReference, parseReference } from "./reference.ts";
export { type Removed, type RemoveOptions, removeVersion } from "./remove.ts";
export { defaultAlias, type Repository, type ResolvedModel, resolveModel, resolvePublished } from "./resolve.ts";
export { describeModel, type ModelDescription } from "./show.ts";
export { tritonConfig } from "./triton.ts";
export { requireSound, type Verification, type VerifyOptions, verifyFolder } from "./verify.ts";
export { type ModelVerification, verifyModel } from "./verify-model.ts";
