// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// One way in which a live object is not what our last apply left.
package struct DriftDifference: Sendable, Hashable {
    package enum Signal: String, Sendable, Hashable, CaseIterable {
        /// One of our fields holds another value.
        case changed
        /// One of our fields, or items, is not there.
        case removed
        /// Our items of a list stand in another order, or one stands twice.
        case reordered
        /// A field is no longer ours, and holds what we sent: changed and changed back.
        case disowned
        /// A field is ours by name, and our last apply did not send it.
        case gained
        /// Others set a field that git does not state.
        case added
        /// A field of others, that was there, holds another value.
        case foreignChanged
        /// A field of others, that was there, is not any more.
        case foreignRemoved
        /// `replicas` that nobody owns are others: a scale leaves no other trace.
        case scaled
        /// The specification was changed, and nothing shows how.
        case generation
        /// The owner label is gone, or another.
        case label
        /// All our fields are nobody's: the managed fields were reset.
        case entry
        /// It is being deleted, and a finalizer holds it.
        case deleting
        /// Somebody deleted it and made another of the same name.
        case replaced
        case gone
        /// Nothing is known of what the last apply left.
        case unverified

        /// Concerns a field that git states.
        package var isOurs: Bool {
            switch self {
            case .changed, .removed, .reordered, .disowned, .label: true
            default: false
            }
        }

        /// Concerns a field that others set.
        package var isForeign: Bool {
            switch self {
            case .added, .foreignChanged, .foreignRemoved: true
            default: false
            }
        }

        /// Mended without a word: nothing of the object is other than it should be.
        package var isQuiet: Bool {
            switch self {
            case .disowned, .gained, .unverified: true
            default: false
            }
        }
    }

    package var signal: Signal
    /// Empty where it concerns the object as a whole.
    package var path: [PathElement]
    /// Who owns the field now; empty where nobody does.
    package var manager: String

    package init(_ signal: Signal, _ path: [PathElement] = [], manager: String = "") {
        self.signal = signal
        self.path = path
        self.manager = manager
    }

    /// `.spec.replicas`; empty for the object as a whole. Safe to show: names only, on one line, bounded.
    package var pathText: String { path.isEmpty ? "" : SafeText.quote(path.map(\.pathText).joined()) }

    /// Set by somebody who applies under our own name: a field of ours holds another value, and is still nobody else's.
    package var isUnderOurName: Bool { signal == .changed && manager.isEmpty }

    /// The manager as it may be shown.
    package var managerText: String { SafeText.quote(manager, limit: 128) }
}

extension DriftDifference: CustomStringConvertible {
    /// `.spec.replicas changed by kubectl`.
    package var description: String {
        let who = manager.isEmpty ? "" : " by \(managerText)"
        let what =
            switch signal {
            case .changed: "changed"
            case .removed: "removed"
            case .reordered: "reordered or repeated"
            case .disowned: "no longer ours"
            case .gained: "ours without having been sent"
            case .added: "added"
            case .foreignChanged: "of others, changed"
            case .foreignRemoved: "of others, removed"
            case .scaled: "scaled"
            case .generation: "its specification was changed and changed back"
            case .label: "changed"
            case .entry: "its managed fields were reset"
            case .deleting: "is being deleted"
            case .replaced: "was deleted and made anew"
            case .gone: "was deleted"
            case .unverified: "was not compared yet"
            }
        return (path.isEmpty ? "" : "\(pathText) ") + what + who
    }
}
