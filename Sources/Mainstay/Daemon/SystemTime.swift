// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests

/// The wall clock and fresh ids: read here, handed to everything else.
enum SystemTime {
    static let now: @Sendable () -> Timestamp = {
        Timestamp(millisecondsSinceEpoch: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    static let makeID: @Sendable () -> String = { UUID().uuidString.lowercased() }
}
