/**
 * Gives `Symbol.dispose` and `Symbol.asyncDispose` to browsers that lack them (Safari). To be imported before any class
 * that is disposable: its methods are named when it is defined.
 * @module
 */
for (const name of ["dispose", "asyncDispose"] as const) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}
