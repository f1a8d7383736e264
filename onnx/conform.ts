/**
 * Does a node conform to its operator's signature: opset, arity, types, attributes?
 * @module
 */
import type { AppError } from "../schemas/errors.ts";
import { hasKind } from "./attributes.ts";
import type { ElementType, ValueInfo } from "./graph.ts";
import { type Call, misfit } from "./shapes/call.ts";
import { type Formal, firstOpset, type Signature, signatureOf } from "./signatures.ts";

/** All that is wrong with a node apart from its shapes; empty when it conforms. */
export function nonconformities(call: Call): readonly AppError[] {
  const { node, scope } = call;
  const signature = signatureOf(node.op, scope.opset);
  if (signature === undefined) {
    const expected = `${firstOpset(node.op)} or later`;
    return [misfit(call, { what: "the operator came after the model's opset", expected, got: String(scope.opset) })];
  }
  return [...arityProblems(call, signature), ...typeProblems(call, signature), ...attributeProblems(call, signature)];
}

/** `T?` → T, may be absent; the last formal of a variadic operator stands for all further inputs. */
function formalAt({ inputs }: Signature, index: number): Formal | undefined {
  const last = inputs.at(-1);
  return inputs[index] ?? (last?.endsWith("*") ? last : undefined);
}

function arityProblems(call: Call, signature: Signature): readonly AppError[] {
  const { node } = call;
  const problems: AppError[] = [];
  const isVariadic = signature.inputs.at(-1)?.endsWith("*") ?? false;
  // `any*` of Loop and Scan may be empty, `T*` of Concat may not.
  const least = signature.inputs.filter((formal) => !formal.endsWith("?") && formal !== "any*").length;
  const most = isVariadic ? Number.POSITIVE_INFINITY : signature.inputs.length;
  if (node.inputs.length < least || node.inputs.length > most) {
    problems.push(
      misfit(call, { what: "number of inputs", expected: range(least, most), got: `${node.inputs.length}` }),
    );
  }
  const [fewest, mostOutputs] = signature.outputs;
  if (node.outputs.length < fewest || node.outputs.length > mostOutputs) {
    const expected = range(fewest, mostOutputs);
    problems.push(misfit(call, { what: "number of outputs", expected, got: `${node.outputs.length}` }));
  }
  for (const [index, name] of node.inputs.entries()) {
    const formal = formalAt(signature, index);
    if (name === "" && formal !== undefined && !formal.endsWith("?")) {
      problems.push(misfit(call, { index, what: "a required input is absent" }));
    }
  }
  return problems;
}

function typeProblems(call: Call, signature: Signature): readonly AppError[] {
  const bound = new Map<string, ElementType>();
  return call.inputs.flatMap((input, index) => {
    const formal = formalAt(signature, index);
    if (input === undefined || formal === undefined) return [];
    const allowed = allowedTypes(formal.replace(/[?*]$/, ""), { signature, bound, input });
    if (allowed.includes(input.type)) return [];
    return [misfit(call, { index, what: "element type", expected: allowed.join(" | "), got: input.type })];
  });
}

function allowedTypes(
  formal: string,
  { signature, bound, input }: { signature: Signature; bound: Map<string, ElementType>; input: ValueInfo },
): readonly ElementType[] {
  if (formal === "any") return [input.type];
  if (formal !== "T" && formal !== "U") return [formal as ElementType];
  const already = bound.get(formal);
  if (already !== undefined) return [already];
  const allowed = signature.types[formal] ?? [];
  if (allowed.includes(input.type)) bound.set(formal, input.type);
  return allowed;
}

function attributeProblems(call: Call, { attributes }: Signature): readonly AppError[] {
  const given = call.node.attributes;
  const problems: AppError[] = [];
  for (const [name, value] of Object.entries(given)) {
    const spec = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (spec === undefined) {
      const expected = Object.keys(attributes).join(" | ") || "no attributes";
      problems.push(misfit(call, { what: "unknown attribute", expected, got: name }));
    } else if (!hasKind(value, spec.kind)) {
      problems.push(misfit(call, { what: `attribute ${name}`, expected: spec.kind, got: typeof value }));
    }
  }
  for (const [name, spec] of Object.entries(attributes)) {
    if (spec.required && !Object.hasOwn(given, name)) {
      problems.push(misfit(call, { what: `attribute ${name} is missing`, expected: spec.kind }));
    }
  }
  return problems;
}

function range(least: number, most: number): string {
  if (least === most) return `${least}`;
  return most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
}
