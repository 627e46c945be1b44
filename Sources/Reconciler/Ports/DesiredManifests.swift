// SPDX-License-Identifier: Apache-2.0

import Manifests
import Synchronization

/// The manifests of something desired: as trees while somebody works with them, packed while nothing is to be done.
final class DesiredManifests: Sendable {
    private enum Form {
        case open([Manifest])
        case packed(PackedManifests)
    }

    private let form: Mutex<Form>

    init(_ manifests: [Manifest]) { form = Mutex(.open(manifests)) }

    /// Packed ones are unpacked for whoever asks, and stay packed.
    var manifests: [Manifest] {
        switch form.withLock({ $0 }) {
        case .open(let manifests): manifests
        case .packed(let packed): packed.manifests
        }
    }

    func pack() {
        guard case .open(let manifests) = form.withLock({ $0 }) else { return }
        let packed = PackedManifests(manifests)
        form.withLock { $0 = .packed(packed) }
    }

    func unpack() {
        guard case .packed(let packed) = form.withLock({ $0 }) else { return }
        let manifests = packed.manifests
        form.withLock { $0 = .open(manifests) }
    }
}

extension DesiredManifests: Hashable {
    static func == (left: DesiredManifests, right: DesiredManifests) -> Bool {
        left === right || left.manifests == right.manifests
    }

    func hash(into hasher: inout Hasher) { hasher.combine(manifests.map(\.id)) }
}
