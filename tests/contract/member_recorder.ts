/**
 * Records which members of the public objects were used, so that none goes untested.
 *
 * Prototypes are taken over in place; the objects that members give are looked at as well, which finds
 * the fields of instances and the classes that are reached only through others, such as planes.
 */

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Class = abstract new (...args: never[]) => unknown;

/** What the language and the runtimes put into every error. */
const kErrorFields: readonly PropertyKey[] = [
  ...["message", "stack", "name", "cause", "line", "column", "sourceURL"],
  ...["originalLine", "originalColumn"],
];

/** Takes over public objects and records what is used of them. */
export class MemberRecorder {
  readonly #uses = new Map<string, number>();
  readonly #classes = new Map<object, string>();
  readonly #instances = new WeakSet<object>();
  #depth = 0;

  /** Takes over an exported value; the tests must use what this returns in its place. */
  exported<T>(name: string, value: T): T {
    if (typeof value !== "function") return value;
    if (!isClass(value)) return this.#wrapped(`${name}()`, value as unknown as Callable) as T;
    this.#takeClass(name, (value as unknown as Class).prototype as object);
    this.#takeMembers(name, value, ["length", "name", "prototype"]);
    return new Proxy(value as object, {
      construct: (target, args) => {
        const instance = Reflect.construct(target as never, args) as object;
        this.#look(instance);
        return instance;
      },
    }) as T;
  }

  /** Names of the members that nobody has used, sorted. */
  unused(): string[] {
    return [...this.#uses].filter(([, uses]) => uses === 0).map(([name]) => name).sort();
  }

  /** How many members are known. */
  get size(): number {
    return this.#uses.size;
  }

  #takeClass(name: string, prototype: object): void {
    this.#classes.set(prototype, name);
    this.#uses.set(`new ${name}`, 0);
    this.#takeMembers(name, prototype, ["constructor"]);
  }

  #takeMembers(owner: string, object: object, except: readonly PropertyKey[]): void {
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!;
      if (except.includes(key) || !descriptor.configurable) continue;
      const member = typeof key === "symbol" ? `${owner}[${key.description}]` : `${owner}.${key}`;
      if (typeof descriptor.value === "function") {
        descriptor.value = this.#wrapped(`${member}()`, descriptor.value);
      } else if (descriptor.get !== undefined) {
        descriptor.get = this.#wrapped(member, descriptor.get as Callable);
      } else this.#makeGetter(member, descriptor);
      Object.defineProperty(object, key, descriptor);
    }
  }

  #makeGetter(member: string, descriptor: PropertyDescriptor): void {
    const { value } = descriptor;
    delete descriptor.value;
    delete descriptor.writable;
    descriptor.get = this.#wrapped(member, () => value);
  }

  /** Counts calls from outside: what a member uses of the other members proves nothing. */
  #wrapped(member: string, original: Callable): Callable {
    if (!this.#uses.has(member)) this.#uses.set(member, 0);
    const use = (): void => {
      if (this.#depth === 0) this.#uses.set(member, this.#uses.get(member)! + 1);
      this.#depth++;
    };
    const done = (): void => void this.#depth--;
    const look = (value: unknown): void => this.#look(value);
    return function (this: unknown, ...args: unknown[]): unknown {
      use();
      try {
        const result = original.apply(this, args);
        look(result);
        return result;
      } catch (error) {
        look(error);
        throw error;
      } finally {
        done();
      }
    };
  }

  #look(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    const look = (inner: unknown): void => this.#look(inner);
    if (value instanceof Promise) return void value.then(look, look);
    if (Array.isArray(value)) return value.forEach(look);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === null || prototype === Object.prototype) {
      return Object.values(value).forEach(look);
    }
    this.#lookAtInstance(value, prototype);
  }

  #lookAtInstance(value: object, prototype: object): void {
    if (this.#instances.has(value)) return;
    if (!this.#classes.has(prototype)) {
      const { constructor } = prototype;
      // Errors and streams of the runtime and of the script's own sources are nobody's members.
      if (value instanceof Error || !isClass(constructor) || isOfRuntime(constructor)) return;
      this.#takeClass(constructor.name, prototype);
    }
    this.#instances.add(value);
    const name = this.#classes.get(prototype)!;
    this.#countInstance(prototype);
    this.#takeMembers(name, value, value instanceof Error ? kErrorFields : []);
  }

  /** An instance is one of its class and of the exported classes above that. */
  #countInstance(prototype: object): void {
    for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at)) {
      const name = this.#classes.get(at);
      if (name !== undefined) this.#uses.set(`new ${name}`, this.#uses.get(`new ${name}`)! + 1);
    }
  }
}

/** In Deno some classes of the web are written in JavaScript. */
function isOfRuntime(constructor: Class["constructor"]): boolean {
  return (globalThis as unknown as Record<string, unknown>)[constructor.name] === constructor;
}

function isClass(value: unknown): boolean {
  const source = typeof value === "function" ? Function.prototype.toString.call(value) : "";
  return source.startsWith("class") && !source.includes("[native code]");
}
