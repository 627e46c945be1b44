// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// The health of an application at rest, from what is watched anyway.
package struct HealthObserver: Sendable {
    package struct Summary: Sendable, Hashable {
        package var status: HealthStatus
        package var cause: Cause?
    }

    private let view: ClusterView
    private let manifests: [Manifest]

    package init(view: ClusterView, manifests: [Manifest]) {
        self.view = view
        self.manifests = manifests
    }

    package func begin() async {
        for manifest in manifests { await view.observe(manifest) }
    }

    /// Taken before a summary: what moves on from here may change it.
    package func marks() async -> [SignalMark] {
        var marks: [SignalMark] = []
        for namespace in Set(manifests.map(\.id.namespace)).sorted() {
            marks.append(SignalMark(now: await view.signal(for: namespace)))
        }
        return marks
    }

    /// Unknown while the cluster does not answer: old news is no health.
    package func summary(now: Timestamp) async -> Summary {
        var judge = Judge(
            settings: JudgeSettings(), objects: manifests.map { JudgedObject(id: $0.id) }, startedAt: now)
        for manifest in manifests {
            let id = manifest.id
            if let failure = await view.failure(of: id) {
                let cause = Cause(object: id, reason: failure.code.rawValue, message: failure.message)
                return Summary(status: .unknown, cause: cause)
            }
            guard await view.isSynced(id) else { return Summary(status: .unknown, cause: nil) }
            judge.observe(await view.observation(of: id), for: id, now: now)
        }
        _ = judge.judgement(now: now)
        return Summary(status: judge.health, cause: judge.healthCause)
    }
}
