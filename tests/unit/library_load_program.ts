/**
 * Opens the library, lets it work and says what came of it; started by library_test.ts.
 *
 * @module
 */

import { library } from "../../ffi/library.ts";
import { scan } from "./completion_work.ts";

function attempt(use: () => void): string {
  try {
    use();
    return "done";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

const result = attempt(library);
if (result !== "done") console.log(result);
else {
  const { value } = await scan();
  const view = attempt(() => library().view(4096, 16));
  console.log(JSON.stringify({ path: library().path, adapters: value, view }));
}
