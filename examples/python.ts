/** A Python interpreter inside this process, by Python's C API; for Deno. */

/** An object of Python. */
export type PythonObject = Deno.PointerObject;

const RTLD_NOW = 2;
const RTLD_GLOBAL = 0x100;
/** What is tried when no path is given, newest first. */
const kLibraries = [14, 13, 12, 11, 10, 9].map((minor) => `libpython3.${minor}.so.1.0`);

const kApi = {
  Py_InitializeEx: { parameters: ["i32"], result: "void" },
  Py_DecRef: { parameters: ["pointer"], result: "void" },
  PyRun_SimpleString: { parameters: ["buffer"], result: "i32" },
  PyImport_AddModule: { parameters: ["buffer"], result: "pointer" },
  PyObject_SetAttrString: { parameters: ["pointer", "buffer", "pointer"], result: "i32" },
  PyObject_GetAttrString: { parameters: ["pointer", "buffer"], result: "pointer" },
  PyUnicode_AsUTF8: { parameters: ["pointer"], result: "pointer" },
  PyCapsule_New: { parameters: ["pointer", "buffer", "pointer"], result: "pointer" },
  PyCapsule_IsValid: { parameters: ["pointer", "buffer"], result: "i32" },
} as const;

const encoder = new TextEncoder();

function text(value: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${value}\0`);
}

/**
 * Opens the library with its symbols visible to all: numpy's and torch's own libraries are not linked
 * with libpython but expect to find it in the process. Deno.dlopen alone would hide them.
 */
function openGlobally(path?: string): string {
  const libc = Deno.dlopen("libc.so.6", {
    dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
    dlerror: { parameters: [], result: "pointer" },
  }).symbols;
  const candidates = path === undefined ? kLibraries : [path];
  let reason = "";
  for (const name of candidates) {
    if (libc.dlopen(text(name), RTLD_NOW | RTLD_GLOBAL) !== null) return name;
    const message = libc.dlerror();
    if (message !== null) reason = new Deno.UnsafePointerView(message).getCString();
  }
  throw new Error(
    `No library of Python could be opened (${reason}); install libpython3-dev, or name it with --python-lib`,
  );
}

/** The interpreter. Its names live in the module __main__. */
export class Python {
  readonly #api: Deno.DynamicLibrary<typeof kApi>["symbols"];
  readonly #main: Deno.PointerValue;
  // The capsules point to their names.
  readonly #names: Uint8Array<ArrayBuffer>[] = [];

  /** Starts Python from its shared library, by default from the newest that is installed. */
  constructor(library?: string) {
    this.#api = Deno.dlopen(openGlobally(library), kApi).symbols;
    this.#api.Py_InitializeEx(0);
    this.#main = this.#api.PyImport_AddModule(text("__main__"));
  }

  /** Runs statements; Python prints the traceback if they fail. */
  run(source: string): void {
    if (this.#api.PyRun_SimpleString(text(source)) !== 0) {
      throw new Error("Python failed; its traceback is above");
    }
  }

  /** The value of a text variable. */
  text(name: string): string {
    const value = this.#api.PyObject_GetAttrString(this.#main, text(name));
    const bytes = value === null ? null : this.#api.PyUnicode_AsUTF8(value);
    if (bytes === null) throw new TypeError(`Python has no text ${name}`);
    const copy = new Deno.UnsafePointerView(bytes).getCString();
    this.#api.Py_DecRef(value);
    return copy;
  }

  /** Sets a variable. */
  set(name: string, value: PythonObject): void {
    this.#api.PyObject_SetAttrString(this.#main, text(name), value);
  }

  /**
   * A PyCapsule over an address. It has no destructor: that would be a callback into JavaScript on
   * whatever thread drops the capsule. The exporter looks at isCapsule() instead.
   */
  capsule(address: bigint, name: string): PythonObject {
    const kept = text(name);
    this.#names.push(kept);
    const made = this.#api.PyCapsule_New(Deno.UnsafePointer.create(address), kept, null);
    if (made === null) throw new Error("Python could not make a capsule");
    return made;
  }

  /** Whether a capsule still has this name; a consumer of DLPack renames what it took. */
  isCapsule(capsule: PythonObject, name: string): boolean {
    return this.#api.PyCapsule_IsValid(capsule, text(name)) === 1;
  }

  /** Gives back an object that capsule() made. */
  drop(object: PythonObject): void {
    this.#api.Py_DecRef(object);
  }
}
