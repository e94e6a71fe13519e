#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

extern "C" {
#include <libavutil/log.h>
}

int main(int argc, char** argv) {
  // The tests call libav's parts of the library from a thread that is not the library's, whose
  // messages it leaves to libav.
  av_log_set_level(AV_LOG_QUIET);
  return doctest::Context(argc, argv).run();
}
