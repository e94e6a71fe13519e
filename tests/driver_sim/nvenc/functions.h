// The functions of NV_ENCODE_API_FUNCTION_LIST, by the file that they are in.
#pragma once
#include <ffnvcodec/nvEncodeAPI.h>

namespace cufsim {

void set_query_functions(NV_ENCODE_API_FUNCTION_LIST& functions);
void set_buffer_functions(NV_ENCODE_API_FUNCTION_LIST& functions);
void set_resource_functions(NV_ENCODE_API_FUNCTION_LIST& functions);
void set_encode_functions(NV_ENCODE_API_FUNCTION_LIST& functions);

}  // namespace cufsim
