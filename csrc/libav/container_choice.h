#pragma once

#include <string>

#include "libav/byte_io.h"

namespace cuf::libav {

// Which container the bytes are. Throws for what is no media, and for what names other files to
// open (playlists, lists of images or of clips, session descriptions). subject names the source in
// errors; extension is a hint ("h264").
const AVInputFormat& choose_container(ByteIo& io, const std::string& subject,
                                      const std::string& extension);

// "h264" of "a/b.h264"; empty where there is none that is plain letters and digits.
std::string extension_of(const std::string& path);

}  // namespace cuf::libav
