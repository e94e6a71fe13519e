// Small video streams for the tests of the simulated libnvcuvid, made by the ffmpeg command.
#pragma once
#include <string>
#include <vector>

#include "client.h"

namespace cufsim_test {

/** The packets of 30 frames of 176 x 144, or of what `source` says, encoded with these arguments.
 */
std::vector<Bytes> encoded(const std::string& codec_arguments, const std::string& container,
                           const std::string& source = "testsrc2=s=176x144:r=25:d=1.2",
                           bool two_passes = false);

/** I P P P: shown as decoded, one reference. */
const std::vector<Bytes>& h264_ipp();
/** Three B pictures between references, two GOPs of 15. */
const std::vector<Bytes>& h264_b();
/** The raw NV12 frames of a stream of packets of H.264, by ffmpeg's own decoder. */
std::vector<Bytes> software_frames(const std::vector<Bytes>& packets, const std::string& format);

}  // namespace cufsim_test
