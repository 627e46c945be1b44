// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Synchronization

/// What changed in the namespaces of a rollout since it last asked: it looks at that, and at nothing else.
package final class ChangeFeed: Sendable {
    package struct News: Sendable {
        /// Anything may have changed: a kind was read anew, or cannot be read.
        package var isAll = false
        /// What changed, and what controls it. For membership only: it has no order.
        package var objects: Set<ObjectID> = []

        package var isEmpty: Bool { !isAll && objects.isEmpty }

        package func concerns(_ id: ObjectID) -> Bool { isAll || objects.contains(id) }

        package mutating func join(_ other: News) {
            isAll = isAll || other.isAll
            objects.formUnion(other.objects)
        }
    }

    private struct State {
        var namespaces: Set<String> = []
        var news = News(isAll: true)
    }

    private let state = Mutex(State())
    package let signal = Signal()

    package init() {}

    /// From here on it tells of these namespaces (empty: cluster-scoped objects).
    package func follow(_ namespaces: [String]) {
        state.withLock { state in
            let wanted = Set(namespaces)
            // What happened before in a namespace that is new to it, it was not told.
            if !wanted.isSubset(of: state.namespaces) { state.news.isAll = true }
            state.namespaces = wanted
        }
    }

    package func note(_ objects: [ObjectID], in namespace: String) {
        note(in: namespace) { $0.objects.formUnion(objects) }
    }

    package func noteAll(in namespace: String) { note(in: namespace) { $0.isAll = true } }

    /// What it was told since the last call; all there is the first time.
    package func take() -> News {
        state.withLock { state in
            defer { state.news = News() }
            return state.news
        }
    }

    /// Whether there is something new of the object, which nobody has taken yet.
    package func hasNews(of id: ObjectID) -> Bool { state.withLock { $0.news.concerns(id) } }

    private func note(in namespace: String, _ change: (inout News) -> Void) {
        let isMeant = state.withLock { state in
            guard state.namespaces.contains(namespace) else { return false }
            change(&state.news)
            return true
        }
        if isMeant { signal.notify() }
    }
}
