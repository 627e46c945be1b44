// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// An object of an application, as the graph takes it.
package struct OrderNode: Sendable {
    package var target: TargetID
    package var manifest: Manifest

    package init(target: TargetID, manifest: Manifest) {
        self.target = target
        self.manifest = manifest
    }
}

/// `from` is not started before `to` is healthy, or applied where that is enough, and why.
package struct OrderEdge: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Strongest first.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// `dependsOn` in the pipeline.
        case declared
        /// An annotation that operators of other tools already use.
        case annotation
        /// One object names the other: a namespace, a ServiceAccount, a ConfigMap, a scale target …
        case structural
        /// An address in the manifest leads there.
        case inferred
    }

    /// What the dependent waits for.
    package enum Condition: String, Sendable, Hashable {
        case healthy
        /// That it is there at all: a budget protects the pods of a workload while they come up, and not only once they
        /// are well.
        case applied
    }

    /// The dependent.
    package var from: ObjectID
    package var to: ObjectID
    package var kind: Kind
    package var reason: String
    package var condition: Condition
    /// A wave or a phase puts one after the other, and nothing that is known says that it needs the other.
    package var isOrderAlone = false

    package init(from: ObjectID, to: ObjectID, kind: Kind, reason: String, condition: Condition = .healthy) {
        self.from = from
        self.to = to
        self.kind = kind
        self.reason = reason
        self.condition = condition
    }

    package static func < (left: OrderEdge, right: OrderEdge) -> Bool {
        (left.from, left.to, left.rank, left.reason) < (right.from, right.to, right.rank, right.reason)
    }

    private var rank: Int { Kind.allCases.firstIndex(of: kind) ?? 0 }

    /// `Deployment staging/api after StatefulSet infrastructure/nats (inferred: …)`.
    package var description: String { "\(from) after \(to) (\(kind.rawValue): \(reason))" }
}

/// An edge that was left out: it would have closed a cycle, or nothing is where it leads.
package struct DroppedEdge: Sendable, Hashable {
    package var edge: OrderEdge
    /// `would close a cycle with …`.
    package var reason: String
    /// It leads to what the graph does not have.
    package var isUnknown: Bool

    package init(edge: OrderEdge, reason: String, isUnknown: Bool = false) {
        self.edge = edge
        self.reason = reason
        self.isUnknown = isUnknown
    }
}

/// Applications that declare to depend on each other in a circle.
package struct OrderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The circle, its first member repeated at the end.
    package var path: [TargetID]

    package init(path: [TargetID]) { self.path = path }

    package var isTransient: Bool { false }

    package var message: String {
        "dependsOn goes in a circle: " + path.map(\.description).joined(separator: " depends on ")
    }

    package var hint: String { "remove one of these dependsOn entries from the pipeline" }

    package var description: String { "\(message); \(hint)" }
}
