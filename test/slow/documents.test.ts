import { testDocument } from "../docs/test-document.ts";

testDocument("docs/dgex-example.md");
