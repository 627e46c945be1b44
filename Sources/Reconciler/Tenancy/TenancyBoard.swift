// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning
import Synchronization

/// Whether this daemon is the one that may write to the namespaces of its pipeline. Where nothing is kept of it, it is.
package final class TenancyBoard: Sendable {
    package enum Standing: Sendable, Hashable {
        /// Nobody was asked yet.
        case unknown
        case held
        /// It cannot be told: there is no such namespace, or these credentials may not keep a record there.
        case unguarded
        /// Another daemon's.
        case lost(Cause)
    }

    private let state = Mutex<[String: Standing]>([:])
    /// Notified of every change.
    let changes = Signal()
    /// The namespaces that came, each once.
    let namespaces: AsyncStream<String>
    private let coming: AsyncStream<String>.Continuation

    init() { (namespaces, coming) = AsyncStream.makeStream(of: String.self) }

    /// From here on nothing is written there before it is known whose it is.
    func require(_ names: [String]) {
        for name in names {
            let isNew = state.withLock { state in
                guard state[name] == nil else { return false }
                state[name] = .unknown
                return true
            }
            if isNew { coming.yield(name) }
        }
    }

    package func standing(in namespace: String) -> Standing? { state.withLock { $0[namespace] } }

    /// False where it stood so already.
    @discardableResult
    func set(_ standing: Standing, in namespace: String) -> Bool {
        let isNew = state.withLock { state in
            defer { state[namespace] = standing }
            return state[namespace] != standing
        }
        if isNew { changes.notify() }
        return isNew
    }

    /// Why nothing may be written to a namespace; nil where it may. What is in none of the pipeline's namespaces is held
    /// back by any of them.
    func refusal(in namespace: String) -> Cause? {
        let standings = state.withLock { state in
            state[namespace].map { [(namespace, $0)] } ?? state.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        var unknown: Cause?
        for (name, standing) in standings {
            switch standing {
            case .held, .unguarded: break
            case .lost(let cause): return cause
            case .unknown:
                unknown =
                    unknown
                    ?? Cause(
                        reason: "Reading", message: "asks whether another daemon follows the same branch into \(name)")
            }
        }
        return unknown
    }
}
