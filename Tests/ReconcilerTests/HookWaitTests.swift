// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What a rollout waits for while a hook is at its work")
struct HookWaitTests {
    /// `backend` waits for `redis`, which waits for the hook.
    private static var chain: FakeSource.Commit {
        var backup: Object = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "backup"],
            "spec": ["template": ["spec": ["containers": [["name": "main", "image": "backup:long"]]]]],
        ]
        backup.set("before", at: "metadata", "annotations", Hook.key)
        var backend = Planet.deployment("backend", tag: "1")
        backend.set(
            "apps/namespaces/staging/Deployment/redis", at: "metadata", "annotations", "config.kubernetes.io/depends-on"
        )
        return Planet.commit([
            (Planet.application("api"), [backend, Planet.deployment("redis", tag: "1"), backup])
        ])
    }

    @Test("What a rollout waits for is the hook that is at its work, and not what waits for that")
    func waits() throws {
        try World.run { world in
            world.source.push("one", Self.chain)
            world.start()
            try await world.until("it runs") {
                world.status(Planet.api)?.cause?.message.contains("waits for Job staging/backup-") == true
            }
            let causes = world.store.rollouts(of: Planet.api).last?.causes.map(\.message) ?? []
            #expect(
                !causes.contains { $0.contains("redis") && $0.contains("is not applied yet") && !$0.contains("backup") }
            )
            try await world.untilWell(Planet.api)
        }
    }
}
