// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// Another daemon's object, of whatever application.
enum ForeignSource {
    static let reason = "OwnedByOtherSource"

    /// Why it is not touched; nil for what is ours. What this daemon applied itself it knows by the uid: it may follow
    /// the same repository by another address now.
    static func message(
        on live: Object, ours: String, own: Set<String>, recorded: [InventoryRecord]
    ) -> String? {
        guard let source = SourceMark.foreignSource(of: live, own: own) else { return nil }
        let id = live.objectID
        guard !recorded.contains(where: { $0.object == id && $0.uid == live.uid }) else { return nil }
        return SourceMark.explanation(of: source, ours: ours)
    }
}
