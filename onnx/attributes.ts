/**
 * Attributes read with their defaults: the one place where an absent attribute gets a value.
 * @module
 */
import type { Attribute, Graph, Node, Tensor } from "./graph.ts";
import { type AttributeKind, attributeSpec } from "./signatures.ts";

/** True for a list; `Array.isArray` does not narrow readonly arrays. */
export function isList(value: Attribute): value is readonly number[] | readonly bigint[] {
  return Array.isArray(value);
}

/** True for a subgraph. */
export function isGraph(value: Attribute): value is Graph {
  return typeof value === "object" && "nodes" in value;
}

/** True for a tensor. */
export function isTensor(value: Attribute): value is Tensor {
  return typeof value === "object" && "data" in value;
}

const kinds: { readonly [K in AttributeKind]: (value: Attribute) => boolean } = {
  float: (value) => typeof value === "number",
  int: (value) => typeof value === "bigint",
  string: (value) => typeof value === "string",
  tensor: isTensor,
  graph: isGraph,
  floats: (value) => isList(value) && value.every((item) => typeof item === "number"),
  ints: (value) => isList(value) && value.every((item) => typeof item === "bigint"),
};

/** Does a value have a kind? An empty list is both `ints` and `floats`. */
export function hasKind(value: Attribute, kind: AttributeKind): boolean {
  return kinds[kind](value);
}

function valueOf(node: Node, name: string): Attribute | undefined {
  return node.attributes[name] ?? attributeSpec(node.op, name)?.default;
}

/** A float attribute or its default. @throws Error when the node was not checked. */
export function floatOf(node: Node, name: string): number {
  const value = valueOf(node, name);
  if (typeof value === "number") return value;
  throw new Error(`${node.op}: ${name} is not a float`);
}

/** An int attribute or its default, as a number. @throws Error when the node was not checked. */
export function intOf(node: Node, name: string): number {
  const value = valueOf(node, name);
  if (typeof value === "bigint") return Number(value);
  throw new Error(`${node.op}: ${name} is not an int`);
}

/** An int attribute without a default, as a number; `undefined` when absent. */
export function optionalIntOf(node: Node, name: string): number | undefined {
  return valueOf(node, name) === undefined ? undefined : intOf(node, name);
}

/** A list of ints as numbers; `undefined` when absent. @throws Error when the node was not checked. */
export function intsOf(node: Node, name: string): readonly number[] | undefined {
  const value = valueOf(node, name);
  if (value === undefined) return undefined;
  if (isList(value)) return value.map(Number);
  throw new Error(`${node.op}: ${name} is not a list`);
}

/** A string attribute or its default. @throws Error when the node was not checked. */
export function textOf(node: Node, name: string): string {
  const value = valueOf(node, name);
  if (typeof value === "string") return value;
  throw new Error(`${node.op}: ${name} is not a string`);
}

/** A subgraph. @throws Error when the node was not checked. */
export function graphOf(node: Node, name: string): Graph {
  const value = valueOf(node, name);
  if (value !== undefined && isGraph(value)) return value;
  throw new Error(`${node.op}: ${name} is not a graph`);
}

/** Every subgraph of a node. */
export function subgraphsOf(node: Node): readonly Graph[] {
  return Object.values(node.attributes).filter(isGraph);
}
