/**
 * Types of SEI messages: their numbers and the names that the specifications give them.
 *
 * @module
 */

import { SeiSyntax } from "../ffi/abi.ts";

/**
 * Types of SEI messages under the names of NVIDIA's SDK. AV1's metadata have numbers of their own, so look
 * at `name` or `parsed.kind` where a program takes all codecs.
 */
export const SeiType: {
  /** Picture timing of H.264, which holds its time code. */
  readonly TIME_CODE_H264: 1;
  /** User data registered by ITU-T T.35: closed captions, HDR10+, ... */
  readonly USER_DATA_REGISTERED: 4;
  /** User data with a UUID. */
  readonly USER_DATA_UNREGISTERED: 5;
  /** Time code of HEVC, and that of a group of pictures of MPEG-2. */
  readonly TIME_CODE: 136;
  /** Colours and luminance of the display that the video was made on. */
  readonly MASTERING_DISPLAY_COLOR_VOLUME: 137;
  /** How bright the video gets. */
  readonly CONTENT_LIGHT_LEVEL_INFO: 144;
  /** Transfer characteristics to be preferred over those of the stream. */
  readonly ALTERNATIVE_TRANSFER_CHARACTERISTICS: 147;
} = {
  TIME_CODE_H264: 1,
  USER_DATA_REGISTERED: 4,
  USER_DATA_UNREGISTERED: 5,
  TIME_CODE: 136,
  MASTERING_DISPLAY_COLOR_VOLUME: 137,
  CONTENT_LIGHT_LEVEL_INFO: 144,
  ALTERNATIVE_TRANSFER_CHARACTERISTICS: 147,
};

interface Names {
  readonly [type: number]: string;
}

/** What H.264 and HEVC have in common, annex D of both. */
const SHARED: Names = {
  0: "buffering_period",
  1: "pic_timing",
  2: "pan_scan_rect",
  3: "filler_payload",
  4: "user_data_registered_itu_t_t35",
  5: "user_data_unregistered",
  6: "recovery_point",
  9: "scene_info",
  16: "progressive_refinement_segment_start",
  17: "progressive_refinement_segment_end",
  19: "film_grain_characteristics",
  22: "post_filter_hint",
  23: "tone_mapping_info",
  45: "frame_packing_arrangement",
  47: "display_orientation",
  56: "green_metadata",
  137: "mastering_display_colour_volume",
  142: "colour_remapping_info",
  144: "content_light_level_info",
  147: "alternative_transfer_characteristics",
  148: "ambient_viewing_environment",
  149: "content_colour_volume",
  150: "equirectangular_projection",
  151: "cubemap_projection",
  154: "sphere_rotation",
  155: "regionwise_packing",
  156: "omni_viewport",
  181: "alternative_depth_info",
  200: "sei_manifest",
  201: "sei_prefix_indication",
  202: "annotated_regions",
  205: "shutter_interval_info",
};

const H264: Names = {
  ...SHARED,
  7: "dec_ref_pic_marking_repetition",
  8: "spare_pic",
  10: "sub_seq_info",
  11: "sub_seq_layer_characteristics",
  12: "sub_seq_characteristics",
  13: "full_frame_freeze",
  14: "full_frame_freeze_release",
  15: "full_frame_snapshot",
  18: "motion_constrained_slice_group_set",
  20: "deblocking_filter_display_preference",
  21: "stereo_video_info",
  24: "scalability_info",
  25: "sub_pic_scalable_layer",
  26: "non_required_layer_rep",
  27: "priority_layer_info",
  28: "layers_not_present",
  29: "layer_dependency_change",
  30: "scalable_nesting",
  31: "base_layer_temporal_hrd",
  32: "quality_layer_integrity_check",
  33: "redundant_pic_property",
  34: "tl0_dep_rep_index",
  35: "tl_switching_point",
  36: "parallel_decoding_info",
  37: "mvc_scalable_nesting",
  38: "view_scalability_info",
  39: "multiview_scene_info",
  40: "multiview_acquisition_info",
  41: "non_required_view_component",
  42: "view_dependency_change",
  43: "operation_points_not_present",
  44: "base_view_temporal_hrd",
  46: "multiview_view_position",
  48: "mvcd_scalable_nesting",
  49: "mvcd_view_scalability_info",
  50: "depth_representation_info",
  51: "three_dimensional_reference_displays_info",
  52: "depth_timing",
  53: "depth_sampling_info",
  54: "constrained_depth_parameter_set_identifier",
};

const HEVC: Names = {
  ...SHARED,
  15: "picture_snapshot",
  128: "structure_of_pictures_info",
  129: "active_parameter_sets",
  130: "decoding_unit_info",
  131: "temporal_sub_layer_zero_idx",
  132: "decoded_picture_hash",
  133: "scalable_nesting",
  134: "region_refresh_info",
  135: "no_display",
  136: "time_code",
  138: "segmented_rect_frame_packing_arrangement",
  139: "temporal_motion_constrained_tile_sets",
  140: "chroma_resampling_filter_hint",
  141: "knee_function_info",
  143: "deinterlaced_field_identification",
  145: "dependent_rap_indication",
  146: "coded_region_completion",
  152: "fisheye_video_info",
  157: "regional_nesting",
  158: "mcts_extraction_info_sets",
  159: "mcts_extraction_info_nesting",
  160: "layers_not_present",
  161: "inter_layer_constrained_tile_sets",
  162: "bsp_nesting",
  163: "bsp_initial_arrival_time",
  164: "sub_bitstream_property",
  165: "alpha_channel_info",
  166: "overlay_info",
  167: "temporal_mv_prediction_constraints",
  168: "frame_field_info",
  176: "three_dimensional_reference_displays_info",
  177: "depth_representation_info",
  178: "multiview_scene_info",
  179: "multiview_acquisition_info",
  180: "multiview_view_position",
};

/** AV1 bitstream specification, 5.8 and 6.7.1. */
const AV1: Names = {
  1: "metadata_hdr_cll",
  2: "metadata_hdr_mdcv",
  3: "metadata_scalability",
  4: "metadata_itut_t35",
  5: "metadata_timecode",
};
const AV1_PRIVATE = { first: 6, last: 31 };

/** The name that a message's specification gives its type. */
export function seiName(syntax: number, type: number): string {
  if (syntax === SeiSyntax.MPEG2) return "group_of_pictures_time_code";
  if (syntax === SeiSyntax.AV1) {
    const isPrivate = type >= AV1_PRIVATE.first && type <= AV1_PRIVATE.last;
    return AV1[type] ?? (isPrivate ? "metadata_user_private" : "metadata_reserved");
  }
  return (syntax === SeiSyntax.HEVC ? HEVC : H264)[type] ?? "reserved_sei_message";
}
