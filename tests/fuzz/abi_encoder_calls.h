/*
 * Calls of encoders and of what frames for them are made of.
 */
#ifndef CUFRAME_FUZZ_ABI_ENCODER_CALLS_H
#define CUFRAME_FUZZ_ABI_ENCODER_CALLS_H

#include "abi_values.h"

/* Settings of random parameters, mostly in their range. */
static const struct CufEncoderSetting* any_settings(struct Caller* c, uint32_t* count) {
  struct CufEncoderSetting* settings = (struct CufEncoderSetting*)(void*)(c->out + BUFFER_BYTES);
  static const double values[] = {0, 1, 2, 3, 51, 52, 1000000, -1, 0.5, 1e300, 4294967295.0};
  *count = rnd(c, 4);
  for (uint32_t i = 0; i < *count; ++i) {
    memset(&settings[i], 0, sizeof(settings[i]));
    settings[i].struct_size = rnd(c, 16) ? sizeof(settings[i]) : any_number(c);
    settings[i].parameter = rnd(c, 40);
    settings[i].value_count = rnd(c, 8) ? 1 : rnd(c, 5);
    for (int k = 0; k < 3; ++k) settings[i].values[k] = values[rnd(c, rnd(c, 4) ? 4 : 11)];
  }
  return rnd(c, 16) ? settings : NULL;
}

static struct CufEncoderDesc* any_encoder(struct Caller* c) {
  struct CufEncoderDesc* desc = STRUCT(CufEncoderDesc);
  if (desc && desc->struct_size == sizeof(*desc) && rnd(c, 8)) {
    desc->format = rnd(c, 16);
    desc->width = 2 * rnd(c, 64);
    desc->height = 2 * rnd(c, 64);
    desc->cuda_stream = 0;
  }
  return desc;
}

static int32_t open_encoder(struct Caller* c) {
  uint32_t count;
  uint32_t length;
  const struct CufEncoderSetting* settings = any_settings(c, &count);
  const uint8_t* native = any_bytes(c, &length);
  if (rnd(c, 4)) length = 0;
  return cuf_encoder_create(any_handle(c), any_encoder(c), settings, count, native, length,
                            any_ticket(c), OUT(CufError));
}

static int32_t query_encoder(struct Caller* c) {
  uint32_t count, length;
  const struct CufEncoderSetting* settings = any_settings(c, &count);
  const struct CufEncoderQuery query = {.struct_size = sizeof(query), .backend = rnd(c, 4)};
  const uint8_t* native = any_bytes(c, &length);
  if (rnd(c, 4)) length = 0;
  switch (rnd(c, 4)) {
    case 0:
      return cuf_answer_encoder_support(any_handle(c), OUT(CufEncoderSupport));
    case 1:
      return cuf_answer_encoder_settings(any_handle(c), any_records(c), rnd(c, 64));
    default:
      return cuf_adapter_query_encoder(any_handle(c), &query, any_encoder(c), settings, count,
                                       native, length, any_ticket(c), OUT(CufError));
  }
}

static int32_t encode(struct Caller* c) {
  const struct CufSideMessage* messages = any_records(c);
  struct CufEncodeDesc* desc = STRUCT(CufEncodeDesc);
  if (desc && rnd(c, 4)) {
    desc->message_count = 0;
    desc->flags &= 15;
    desc->time_base.num = desc->time_base.den = (int32_t)rnd(c, 3);
  }
  if (desc && desc->message_count > 64) desc->message_count = 0;
  const uint32_t length = rnd(c, BUFFER_BYTES);
  return rnd(c, 2) ? cuf_encoder_encode(any_handle(c), any_handle(c), desc, messages, c->out,
                                        rnd(c, 256), any_ticket(c), NULL)
                   : cuf_encoder_encode_bytes(any_handle(c), rnd(c, 8) ? c->out : NULL, length,
                                              any_number(c), desc, messages, c->out, rnd(c, 256),
                                              any_ticket(c), NULL);
}

static int32_t call_encoder(struct Caller* c) {
  uint32_t count;
  switch (rnd(c, 12)) {
    case 0:
    case 1:
      return open_encoder(c);
    case 2:
      return query_encoder(c);
    case 3:
      return cuf_encoder_info(any_handle(c), OUT(CufEncoderInfo));
    case 4:
      return cuf_encoder_settings(any_handle(c), any_records(c), rnd(c, 64));
    case 5:
      return cuf_encoder_sequence_params(any_handle(c), any_records(c), rnd(c, 256));
    case 6:
      return cuf_encoder_flush(any_handle(c), any_ticket(c));
    case 7: {
      const struct CufEncoderSetting* settings = any_settings(c, &count);
      return cuf_encoder_reconfigure(any_handle(c), settings, count, any_number(c) % 256,
                                     any_number(c) % 256, any_ticket(c), NULL);
    }
    case 8:
      return cuf_encoder_take(any_handle(c), any_ticket(c), any_records(c),
                              rnd(c, BUFFER_BYTES / sizeof(struct CufChunkInfo)),
                              c->out + BUFFER_BYTES, rnd(c, SCRATCH_BYTES - BUFFER_BYTES));
    default:
      return encode(c);
  }
}

/* A description of memory that must be right where it is taken: on the CPU no GPU's is, and the
 * library trusts the address of a DLPack array. */
static int32_t import_frame(struct Caller* c) {
  uint32_t handle = 0;
  if (rnd(c, 2)) {
    return cuf_frame_import(any_handle(c), STRUCT(CufImportDesc), rnd(c, 8) ? &handle : NULL,
                            OUT(CufError));
  }
  struct CufDlpackImport* desc = STRUCT(CufDlpackImport);
  if (desc && desc->struct_size > 16) desc->address = 0;
  return cuf_frame_from_dlpack(any_handle(c), desc, rnd(c, 8) ? &handle : NULL, OUT(CufError));
}

#endif
