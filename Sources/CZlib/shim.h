// SPDX-License-Identifier: Apache-2.0
// `deflateInit2` is a macro, which Swift cannot call.
#pragma once
#include <zlib.h>

/// A stream that writes gzip (16 above the window's bits, as zlib's manual has it).
static inline int ms_gzip_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
