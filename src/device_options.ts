/**
 * How devices are made.
 *
 * @module
 */

/** How a device is made. */
export interface DeviceOptions {
  /**
   * The caller's CUcontext, which must live until the last frame is closed; 0 or absent: the GPU's primary
   * context, which CUDA's runtime, torch and CuPy use too.
   */
  readonly cudaContext?: number | bigint;
  /** Most threads that one decoder may use; default: one for each processor. */
  readonly threads?: number;
  /**
   * Most bytes of pictures at once: frames, tensors, what is kept for the next ones, and what decoders
   * hold. Beyond it calls fail with an OutOfMemoryError, and go on when frames were closed. Default: 3/4
   * of the machine's memory, so that a hostile file ends in that error, and with a GPU what that has.
   */
  readonly memoryBudgetBytes?: number;
  /** Name in warnings; default: "device". */
  readonly label?: string;
}
