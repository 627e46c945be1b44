// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning
import Synchronization

/// Whether this daemon is the one that may write to the namespaces of its pipeline. Where nothing is kept of it, it is.
package final class TenancyBoard: Sendable {
    package enum Standing: Sendable, Hashable {
        /// Nobody has answered yet; why, where that takes long.
        case unknown(Cause?)
        case held
        /// It cannot be told: there is no such namespace, or no record can be kept there.
        case unguarded
        /// Another daemon's.
        case lost(Cause)
    }

    /// A namespace from when it is required until it is no more.
    struct Term: Sendable, Hashable {
        let namespace: String
        let number: Int
    }

    private struct State {
        var entries: [String: (standing: Standing, term: Term)] = [:]
        var terms = 0
    }

    private let state = Mutex(State())
    /// Notified of every change.
    let changes = Signal()
    /// Notified where this daemon takes over from another.
    let successions = Signal()
    /// The namespaces that came, each once while it is required.
    let terms: AsyncStream<Term>
    private let coming: AsyncStream<Term>.Continuation

    init() { (terms, coming) = AsyncStream.makeStream(of: Term.self) }

    /// From here on nothing is written there before it is known whose it is. Of what is not among them nothing is kept.
    func require(_ names: [String]) {
        let (new, isLess) = state.withLock { state in
            let left = state.entries.keys.filter { !names.contains($0) }
            for name in left { state.entries[name] = nil }
            var new: [Term] = []
            for name in names where state.entries[name] == nil {
                state.terms += 1
                let term = Term(namespace: name, number: state.terms)
                state.entries[name] = (.unknown(nil), term)
                new.append(term)
            }
            return (new, !left.isEmpty)
        }
        for term in new { coming.yield(term) }
        if isLess { changes.notify() }
    }

    /// Returns once the namespace is required no longer.
    func untilLeft(_ term: Term) async {
        while !Task.isCancelled {
            let seen = changes.version
            guard state.withLock({ $0.entries[term.namespace]?.term == term }) else { return }
            await changes.wait(after: seen)
        }
    }

    package func standing(in namespace: String) -> Standing? { state.withLock { $0.entries[namespace]?.standing } }

    /// False where it stood so already, or is not required.
    @discardableResult
    func set(_ standing: Standing, in namespace: String) -> Bool {
        let isNew = state.withLock { state in
            guard let known = state.entries[namespace]?.standing, known != standing else { return false }
            state.entries[namespace]?.standing = standing
            return true
        }
        if isNew { changes.notify() }
        return isNew
    }

    /// Why nothing may be written to a namespace; nil where it may. What is in none of the pipeline's namespaces is held
    /// back by any of them.
    func refusal(in namespace: String) -> Cause? {
        guard let (name, standing) = obstacle(in: namespace) else { return nil }
        switch standing {
        case .held, .unguarded: return nil
        case .lost(let cause): return cause
        case .unknown(let cause):
            return cause
                ?? Cause(reason: "Reading", message: "asks whether another daemon follows the same branch into \(name)")
        }
    }

    /// The other daemon that has it, or what is needed beside it; nil where none is known.
    func loss(in namespace: String) -> Cause? {
        if case .lost(let cause) = obstacle(in: namespace)?.standing { cause } else { nil }
    }

    /// Whether it will be told soon if anything may be written there.
    func isUnknown(in namespace: String) -> Bool {
        if case .unknown = obstacle(in: namespace)?.standing { true } else { false }
    }

    /// What is lost counts before what is not known yet.
    private func obstacle(in namespace: String) -> (name: String, standing: Standing)? {
        let standings = state.withLock { state in
            state.entries[namespace].map { [(namespace, $0.standing)] }
                ?? state.entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value.standing) }
        }
        var unknown: (String, Standing)?
        for (name, standing) in standings {
            switch standing {
            case .held, .unguarded: break
            case .lost: return (name, standing)
            case .unknown: unknown = unknown ?? (name, standing)
            }
        }
        return unknown
    }
}
