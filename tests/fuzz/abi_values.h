/*
 * Arguments for calls of the C ABI: right ones, nearly right ones and wrong ones.
 */
#ifndef CUFRAME_FUZZ_ABI_VALUES_H
#define CUFRAME_FUZZ_ABI_VALUES_H

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "cuframe.h"

enum { KNOWN = 64, BUFFER_BYTES = 1 << 16, SCRATCH_BYTES = 1 << 20 };

/* Handles that somebody got, from whatever kind of object; all threads use all of them. */
static _Atomic uint32_t known[KNOWN];
static _Atomic uint32_t known_count;

struct Caller {
  uint64_t random;
  uint32_t queue;
  uint8_t* in;  /* BUFFER_BYTES: more than any struct_size that is read */
  uint8_t* out; /* SCRATCH_BYTES */
};

static inline uint32_t rnd(struct Caller* c, uint32_t below) {
  c->random = c->random * 6364136223846793005ull + 1442695040888963407ull;
  const uint32_t number = (uint32_t)(c->random >> 32);
  return below == 0 ? number : number % below;
}

static inline void note_handle(uint32_t handle) {
  known[atomic_fetch_add(&known_count, 1) % KNOWN] = handle;
}

static inline uint32_t any_handle(struct Caller* c) {
  switch (rnd(c, 16)) {
    case 0:
      return rnd(c, 0);
    case 1:
      return rnd(c, 4);
    case 2: /* another generation, or another slot */
      return known[rnd(c, KNOWN)] ^ (1u << rnd(c, 32));
    default:
      return known[rnd(c, KNOWN)];
  }
}

static inline uint32_t any_number(struct Caller* c) {
  static const uint32_t edges[] = {0, 1, 2, 3, 4, 5, 64, 65535, 65536, 0x7FFFFFFF, 0xFFFFFFFF};
  return rnd(c, 4) ? edges[rnd(c, sizeof(edges) / sizeof(edges[0]))] : rnd(c, 0);
}

/* A struct of random content: mostly of its own size and with small numbers, sometimes not. */
static inline void* any_struct(struct Caller* c, uint32_t size) {
  if (rnd(c, 24) == 0) return NULL;
  memset(c->in, 0, BUFFER_BYTES);
  if (rnd(c, 4) == 0) {
    for (uint32_t i = 4; i < size; ++i) {
      if (rnd(c, 4) == 0) c->in[i] = (uint8_t)rnd(c, 256);
    }
  } else {
    for (uint32_t i = 4; i + 4 <= size && i < 64; i += 4) {
      const uint32_t number = rnd(c, 3) ? 0 : any_number(c);
      memcpy(c->in + i, &number, 4);
    }
  }
  static const uint32_t wrong[] = {0, 3, 4, 5, 8, 65535, 65536, 65537, 0x80000000, 0xFFFFFFFF};
  uint32_t told = size;
  if (rnd(c, 8) == 0) told = wrong[rnd(c, sizeof(wrong) / sizeof(wrong[0]))];
  if (rnd(c, 8) == 0) told = size + rnd(c, 64);
  if (told > size && told <= BUFFER_BYTES && rnd(c, 2)) c->in[told - 1] = 1;
  memcpy(c->in, &told, 4);
  return c->in;
}

#define STRUCT(type) ((struct type*)any_struct(c, sizeof(struct type)))

/* Room for a result: NULL, without a size, or right. */
static inline void* any_out(struct Caller* c, uint32_t size) {
  if (rnd(c, 16) == 0) return NULL;
  const uint32_t told = rnd(c, 8) == 0 ? rnd(c, size * 2) : size;
  memcpy(c->out, &told, 4);
  return c->out;
}

#define OUT(type) ((struct type*)any_out(c, sizeof(struct type)))

/* A buffer and how much it is said to hold: NULL with a length, too, but never too much. */
static inline uint8_t* any_bytes(struct Caller* c, uint32_t* length) {
  *length = rnd(c, 8) ? rnd(c, 256) : rnd(c, BUFFER_BYTES);
  if (rnd(c, 8) == 0) return NULL;
  for (uint32_t i = 0; i < *length; i += 1 + rnd(c, 8)) c->out[i] = (uint8_t)rnd(c, 256);
  return c->out;
}

static inline uint32_t capacity_of(struct Caller* c, uint32_t record_bytes) {
  return rnd(c, 1 + SCRATCH_BYTES / record_bytes);
}

static inline void* any_records(struct Caller* c) {
  return rnd(c, 8) ? c->out : NULL;
}

static inline uint32_t any_ticket(struct Caller* c) {
  return 1 + rnd(c, 1000);
}

#endif
