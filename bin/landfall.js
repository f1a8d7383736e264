#!/usr/bin/env node
// The committed launcher: executable in git, so that a rebuilt dist/ never loses the bit.
import "../dist/program/landfall.js";
