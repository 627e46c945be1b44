// SPDX-License-Identifier: Apache-2.0

internal import CZlib

/// Compresses large answers, as a kube-apiserver does (`APIResponseCompression`: above 128 KiB, at level 1).
enum Gzip {
    static let threshold = 128 << 10
    private static let level: Int32 = 1

    /// Whether a client takes it: the coding by its name, without a weight.
    static func isAccepted(_ header: String?) -> Bool {
        (header ?? "").split(separator: ",").contains { $0.filter { $0 != " " } == "gzip" }
    }

    /// Nil where the library has no memory left.
    static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard ms_gzip_init(&stream, level) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        let capacity = Int(deflateBound(&stream, UInt(bytes.count)))
        var count = 0
        let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(clamping: capacity)
                if deflate(&stream, Z_FINISH) == Z_STREAM_END { count = capacity - Int(stream.avail_out) }
            }
            initialized = count
        }
        return count > 0 ? output : nil
    }
}
