// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning
import Synchronization

/// What dependents may rely on: which objects are about to change, and at which generation they were applied.
///
/// Targets announce here before any of them begins, so that a dependent never takes yesterday's healthy NATS for
/// the one that this revision brings.
package final class DependencyBoard: Sendable {
    package enum State: Sendable, Hashable {
        /// A rollout will apply it: wait.
        case pending(TargetID)
        /// Applied; dependents ask for health at this generation (nil where the kind has none) of this very object.
        case applied(generation: Int64?, uid: String)
    }

    /// That an application asks for an object now, and in which version of its kind.
    package struct Claim: Sendable, Hashable {
        package var target: TargetID
        package var kind: GroupVersionKind

        package init(target: TargetID, kind: GroupVersionKind) {
            self.target = target
            self.kind = kind
        }
    }

    private struct Contents {
        var states: [ObjectID: State] = [:]
        var graph: OrderGraph?
        var orders = 0
        /// Where several ask for one object, the first of the pipeline comes first.
        var claims: [ObjectID: [Claim]] = [:]
        /// Applications of the pipeline whose wishes could not be read.
        var unread: Set<TargetID> = []
        /// What those have that wait to leave the cluster: it is theirs until a person lets it go.
        var staying: [TargetID: Set<ObjectID>] = [:]
        /// Those that cannot be read as they are now, sorted, even where what they were before is known.
        var broken: [TargetID] = []
        /// Of those that have any.
        var checks: [TargetID: DependentChecks] = [:]
        var secrets: [TargetID: ApplicationSecrets] = [:]
    }

    private let contents = Mutex(Contents())
    package let changes = Signal()

    package init() {}

    /// Nil until a pipeline was read.
    package var graph: OrderGraph? { contents.withLock(\.graph) }

    /// How many orders there were: another number means that anything may wait for other things.
    package var orders: Int { contents.withLock(\.orders) }

    /// What the pipeline in force asks for: who wants which object, and what waits for what.
    package func setOrder(
        _ graph: OrderGraph, claims: [ObjectID: [Claim]], unread: Set<TargetID>, broken: Set<TargetID> = [],
        staying: [TargetID: Set<ObjectID>] = [:], checks: [TargetID: DependentChecks] = [:],
        secrets: [TargetID: ApplicationSecrets] = [:]
    ) {
        contents.withLock { contents in
            contents.graph = graph
            contents.orders += 1
            contents.claims = claims
            contents.unread = unread
            contents.staying = staying
            contents.broken = broken.sorted()
            contents.checks = checks
            contents.secrets = secrets
        }
        changes.notify()
    }

    /// Applications that may ask for anything now: what git holds of them cannot be read.
    package var broken: [TargetID] { contents.withLock(\.broken) }

    func checks(of target: TargetID) -> DependentChecks? { contents.withLock { $0.checks[target] } }

    /// Of which values are taken out of what is quoted of an application's objects.
    func secrets(of target: TargetID) -> ApplicationSecrets? { contents.withLock { $0.secrets[target] } }

    package func claim(of object: ObjectID) -> Claim? { contents.withLock { $0.claims[object]?.first } }

    /// The application that asks for the object now.
    package func claimant(of object: ObjectID) -> TargetID? { claim(of: object)?.target }

    /// Objects of a kind that any application asks for, sorted.
    package func claimed(_ kind: GroupKind) -> [ObjectID] {
        contents.withLock { $0.claims.keys.filter { $0.groupKind == kind }.sorted() }
    }

    /// Whether nothing is about to be done about an object.
    package func isSettled(_ object: ObjectID) -> Bool {
        if case .pending = state(of: object) { false } else { true }
    }

    /// Whether an application still asks for an object, as far as is known.
    package func mayWant(_ target: TargetID, _ object: ObjectID) -> Bool {
        contents.withLock { contents in
            contents.unread.contains(target) || contents.staying[target]?.contains(object) == true
                || contents.claims[object]?.contains { $0.target == target } == true
        }
    }

    /// It has no more in the cluster than this, where it waits to leave it.
    func left(_ target: TargetID, but objects: Set<ObjectID> = []) {
        contents.withLock { contents in
            contents.staying[target] = contents.staying[target].map { $0.intersection(objects) }
        }
        changes.notify()
    }

    package func state(of object: ObjectID) -> State? { contents.withLock { $0.states[object] } }

    package func announce(_ objects: [ObjectID], by target: TargetID) {
        contents.withLock { contents in
            for object in objects { contents.states[object] = .pending(target) }
        }
        changes.notify()
    }

    package func applied(_ object: ObjectID, generation: Int64?, uid: String) {
        contents.withLock { $0.states[object] = .applied(generation: generation, uid: uid) }
        changes.notify()
    }

    /// Nothing is to be done about an object: what is live counts.
    package func settled(_ object: ObjectID) {
        contents.withLock { $0.states[object] = nil }
        changes.notify()
    }

    /// Nothing will come of what the target announced: what is live counts again.
    package func withdraw(_ target: TargetID) {
        contents.withLock { contents in
            contents.states = contents.states.filter { $0.value != .pending(target) }
        }
        changes.notify()
    }
}
