// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Of this machine, or of the pod.
enum HostName {
    static var current: String {
        let size = 256
        var name = [CChar](repeating: 0, count: size)
        guard gethostname(&name, size - 1) == 0 else { return "?" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
