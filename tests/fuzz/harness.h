/*
 * What the fuzz harnesses share: seed files and their mutation, a random number generator that
 * repeats, a queue and devices, sources that feed bytes, and the loop over runs.
 *
 *   NAME_fuzz SEED_FILE... [--runs N] [--seed S]
 *
 * A failing run is repeated by `--runs 1 --seed S` with the S that was printed and the same files.
 */
#ifndef CUFRAME_FUZZ_HARNESS_H
#define CUFRAME_FUZZ_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cuframe.h"

struct FuzzBytes {
  uint8_t* data;
  uint32_t size;
};

/* A source, and the bytes that it is fed with when it asks. */
struct FuzzFeed {
  uint32_t source;
  uint32_t kind; /* a CufSourceKind */
  uint32_t written;
  bool is_faulty; /* it fails, ends early or gives too little now and then */
  struct FuzzBytes bytes;
};

/* Runs `run` once for each seed; the exit status of main. Without devices, `run` makes its own. */
int fuzz_main(int argc, char** argv, void (*run)(void), bool has_devices);

/* Below `below`, or any number for 0. */
uint32_t fuzz_random(uint32_t below);
/* Prints the seed and aborts. */
void fuzz_fail(const char* what);
/* Bytes of a random seed file, mutated nearly always; the caller frees them. */
struct FuzzBytes fuzz_mutated(void);
const struct FuzzBytes* fuzz_file(uint32_t number); /* null behind the last */

/* The queue of the main thread, a ticket that was not used, and a random one of two devices: with
 * the default budget, and with 16 MiB. */
uint32_t fuzz_queue(void);
uint32_t fuzz_ticket(void);
uint32_t fuzz_device(void);

/* Opens a source of a random kind, or of `kind`, on the bytes, which it takes over. */
void fuzz_open_feed(struct FuzzFeed* feed, struct FuzzBytes bytes, uint32_t device, int kind);
void fuzz_close_feed(struct FuzzFeed* feed);
/* Waits for the ticket; what the source asks for is given meanwhile. Fails for an internal error,
 * and for an error without a text. */
struct CufCompletion fuzz_wait(uint32_t ticket, struct FuzzFeed* feed);
/* Looks at a frame, does something with it at times, and closes it. */
void fuzz_use_frame(const struct CufFrameInfo* frame, struct FuzzFeed* feed);

#endif
