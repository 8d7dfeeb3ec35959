// The cases, one file after the other.
import { finish } from "./scene.mjs";

for (const file of ["bodies", "faults", "variables", "prometheus", "emacs"]) await import(`./${file}.mjs`);
finish();
